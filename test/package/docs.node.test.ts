// Everything public is described and shown at work.
import { describe, expect, it } from 'vitest';
import { type Docs, publicDocs } from '../support/public-docs.ts';

const all = publicDocs();
const named = ({ name, place }: Docs) => `${name} (${place})`;

describe('every', () => {
  it('export has a comment', () => {
    expect(all.length).toBeGreaterThan(500);
    expect(all.filter(({ text }) => text === '').map(named)).toEqual([]);
  });

  it('member of a public type has one', () => {
    const members = all.flatMap((each) => each.members);
    expect(members.length).toBeGreaterThan(1200);
    expect(members.filter(({ text }) => text === '').map(named)).toEqual([]);
  });

  it('function and class has an example', () => {
    const called = all.filter((each) => each.called);
    expect(called.length).toBeGreaterThan(200);
    expect(called.filter(({ examples }) => examples.length === 0).map(named)).toEqual([]);
  });
});
