import { describe, expect, test } from 'vitest';
import { fakeItems, fakeJobs } from '../../support/fake-transfers.ts';
import { useItemWhat } from '../../../src/view/components/transfer/item-what.ts';
import { kindOfJob, pathsOfJob, routeOfJob } from '../../../src/view/components/transfer/job-words.ts';
import { useFormat } from '../../../src/view/i18n/use-format.ts';

const job = (kind: string) => {
  const found = fakeJobs().find((each) => kindOfJob(each) === kind);
  if (found === undefined) expect.unreachable(`no ${kind}`);
  return found;
};

describe('what a job is called', () => {
  test('both ends of a copy with their ensembles, so that a preview says where it writes', () => {
    expect(routeOfJob(job('copy'))).toEqual([{ name: 'orders-prod', place: '/config' }, { name: 'orders-staging', place: '/config' }]);
  });

  test('a file by its name, an export towards it and an import from it', () => {
    expect(routeOfJob(job('export'))).toEqual([{ name: 'orders-prod', place: '/services' }, { name: null, place: 'orders-services-2026-11-21.jsonl.gz' }]);
    expect(routeOfJob(job('import'))[0]).toEqual({ name: null, place: 'orders-services-2026-11-18.jsonl.gz' });
    expect(pathsOfJob(job('import'))).toBe('orders-services-2026-11-18.jsonl.gz → /services');
  });

  test('work on one subtree has one place', () => {
    const one = { ...job('copy'), fromName: null, work: { kind: 'delete', connectionId: 'c2', path: '/old', acl: true, ephemerals: true } } as const;
    expect(routeOfJob(one)).toEqual([{ name: 'orders-staging', place: '/old' }]);
  });
});

describe('what is said of a node', () => {
  const what = useItemWhat();
  const base = { action: 'change', differences: ['data', 'acl'], reason: null, message: null } as const;
  const say = (change: Partial<Parameters<typeof what>[0]>): string => what({ ...base, differences: [...base.differences], ...change });

  test('a difference, and beside it what else is to be known', () => {
    expect(say({})).toBe('data, ACL');
    expect(say({ reason: 'changed' })).toBe('data, ACL, changed since');
  });

  test('why it was left; a code of the server in words; what nobody has words for as it came', () => {
    expect(say({ action: 'leave', differences: ['kind'], reason: 'kindDiffers' })).toBe('a node cannot change its kind');
    expect(say({ action: 'fail', reason: 'NoAuth' })).toBe('No permission');
    expect(say({ action: 'fail', reason: 'Strange', message: 'a strange thing' })).toBe('a strange thing');
  });

  test('every fake item has words', () => {
    for (const item of fakeItems(job('copy'))) expect(what(item)).not.toBe('');
  });
});

describe('times in narrow lists', () => {
  const { shortTime } = useFormat();
  const at = (text: string): number => new Date(text).getTime();

  test.each([
    ['2026-11-21T08:03:00', '08:03'],
    ['2026-11-20T23:59:00', 'Nov 20, 23:59'],
    ['2025-12-31T10:00:00', 'Dec 31, 2025'],
  ])('%s is told as %s', (time, told) => expect(shortTime(at(time), at('2026-11-21T09:00:00'))).toBe(told));
});
