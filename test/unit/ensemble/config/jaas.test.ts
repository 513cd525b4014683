import { describe, expect, test } from 'vitest';
import { saslLogin, saslUsers } from '../../../../src/ensemble/config/jaas.ts';

const MODULE = 'org.apache.zookeeper.server.auth.DigestLoginModule';

describe('the users of a JAAS file', () => {
  test('are the user_ options of the section', () => {
    const text = `// a comment\nOther { x.y.Z optional a=b; };\nServer {\n ${MODULE} required /* one */ user_bob="b\\"c\\\\d" user_eve=plain other="x";\n};`;
    expect([...(saslUsers(text, 'Server', null) ?? [])]).toEqual([['bob', 'b"c\\d'], ['eve', 'plain']]);
  });

  test('a section that is not there means no SASL, an empty one a SASL without users', () => {
    expect(saslUsers(`Server { ${MODULE} required; };`, 'Client', null)).toBeNull();
    expect(saslUsers(`Server { ${MODULE} required; };`, 'Server', null)?.size).toBe(0);
  });

  test('the property\'s password takes the place of the file\'s, for a super that is there', () => {
    expect(saslUsers(`Server { ${MODULE} required user_super="a"; };`, 'Server', 'b')?.get('super')).toBe('b');
    expect(saslUsers(`Server { ${MODULE} required; };`, 'Server', 'b')?.size).toBe(0);
  });

  test.each([
    ['Server { com.sun.security.auth.module.Krb5LoginModule required; };', 'names com.sun.security.auth.module.Krb5LoginModule'],
    [`Server { ${MODULE} needed; };`, 'has needed where a flag'],
    [`Server { ${MODULE} required user_a "x"; };`, 'where = is needed'],
    [`Server { ${MODULE} required user_a="x; };`, 'quote that is not closed'],
    [`Server { ${MODULE} required`, 'ends in the middle'],
    [`Server { ${MODULE} required; }`, 'ends in the middle'],
  ])('%s is refused', (text, why) => {
    expect(() => saslUsers(text, 'Server', null)).toThrow(why);
  });
});

describe('who a server is by a JAAS file', () => {
  test('is username and password of the section', () => {
    expect(saslLogin(`QuorumLearner { ${MODULE} required username="a" password="b c"; };`, 'QuorumLearner')).toEqual({ user: 'a', password: 'b c' });
    expect(saslLogin(`QuorumLearner { ${MODULE} required username="a" password="b"; };`, 'Other')).toBeNull();
  });

  test.each([
    [`L { ${MODULE} required username="a"; };`, 'L must have username and password'],
    ['L { com.sun.security.auth.module.Krb5LoginModule required; };', 'names com.sun.security.auth.module.Krb5LoginModule'],
  ])('%s is refused', (text, why) => {
    expect(() => saslLogin(text, 'L')).toThrow(why);
  });
});
