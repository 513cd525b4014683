/**
 * A JAAS file (javax.security.auth.login.Configuration), as far as a server needs it, for SASL DIGEST-MD5: the users
 * of a section such as `Server` with their passwords, and who a member of an ensemble is to the others.
 */

import { ConfigError } from './config-error.ts';

interface LoginModule {
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
}

/** The login module whose options `user_<name>="<password>"` are the users. */
const DIGEST_MODULE = 'org.apache.zookeeper.server.auth.DigestLoginModule';
const FLAGS: ReadonlySet<string> = new Set(['required', 'requisite', 'sufficient', 'optional']);
const USER = 'user_';

/**
 * Passwords by user.
 *
 * @param section zookeeper.sasl.serverconfig
 * @param superPassword SASLAuthenticationProvider.superPassword: in place of the file's for `super`
 * @returns null when there is no such section, and so no SASL
 * @throws ConfigError when the file is malformed, or the section asks for what is not supported
 */
export function saslUsers(text: string, section: string, superPassword: string | null): ReadonlyMap<string, string> | null {
  const modules = parseJaas(text).get(section);
  if (modules === undefined) return null;
  const users = new Map<string, string>();
  for (const { name, options } of modules) {
    refuseOthers(section, name);
    for (const [key, value] of options) if (key.startsWith(USER)) users.set(key.slice(USER.length), value);
  }
  if (superPassword !== null && users.has('super')) users.set('super', superPassword);
  return users;
}

/**
 * Who this server is where it logs in: `username` and `password` of a section (DigestLoginModule).
 *
 * @returns null when there is no such section
 * @throws ConfigError when the file is malformed, one of both is missing, or the section asks for what is not supported
 */
export function saslLogin(text: string, section: string): { readonly user: string; readonly password: string } | null {
  const modules = parseJaas(text).get(section);
  if (modules === undefined) return null;
  for (const { name } of modules) refuseOthers(section, name);
  const options = modules[0]?.options;
  const [user, password] = [options?.get('username'), options?.get('password')];
  if (user === undefined || password === undefined) throw new ConfigError(`the JAAS section ${section} must have username and password`);
  return { user, password };
}

function refuseOthers(section: string, name: string): void {
  if (name !== DIGEST_MODULE) throw new ConfigError(`the JAAS section ${section} names ${name}: only ${DIGEST_MODULE} is supported`);
}

function parseJaas(text: string): Map<string, LoginModule[]> {
  const tokens = tokensOf(text);
  const sections = new Map<string, LoginModule[]>();
  let at = 0;
  const take = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw new ConfigError('the JAAS file ends in the middle of a section');
    return token;
  };
  const expect = (wanted: string): void => {
    const token = take();
    if (token !== wanted) throw new ConfigError(`the JAAS file has ${token} where ${wanted} is needed`);
  };
  while (at < tokens.length) {
    const section = take();
    expect('{');
    const modules: LoginModule[] = [];
    while (tokens[at] !== '}') {
      const name = take();
      const flag = take();
      if (!FLAGS.has(flag.toLowerCase())) throw new ConfigError(`the JAAS file has ${flag} where a flag such as required is needed`);
      const options = new Map<string, string>();
      while (tokens[at] !== ';') {
        const key = take();
        expect('=');
        options.set(key, unquoted(take()));
      }
      expect(';');
      modules.push({ name, options });
    }
    expect('}');
    expect(';');
    sections.set(section, modules);
  }
  return sections;
}

/** Words, quoted texts with their quotes, and the signs { } ; = without comments. */
function tokensOf(text: string): string[] {
  const pattern = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|[{};=]|[^\s{};="]+|\S/g;
  return [...text.matchAll(pattern)].map(([token]) => token).filter((token) => !token.startsWith('//') && !token.startsWith('/*'));
}

function unquoted(token: string): string {
  if (!token.startsWith('"')) return token;
  if (token.length < 2) throw new ConfigError('the JAAS file has a quote that is not closed');
  return token.slice(1, -1).replace(/\\(.)/g, '$1');
}
