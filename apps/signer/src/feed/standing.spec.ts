import { describe, expect, it } from 'vitest';
import { standingOf, type Sightings } from './standing.js';

const entry = (text: string) => Buffer.from(text);
const first = { serial: 101, entry: entry('100 to 101') };
const second = { serial: 102, entry: entry('101 to 102') };
const at = (serial: number, appended: number, sequence: number, compared = true) => ({
  serial,
  appended: { serial: appended, sequence },
  compared,
});
const streamed = (to: number, sequence: number, octets = entry(`${to - 1} to ${to}`)) => ({ to, sequence, octets });
const standing = (seen: Partial<Sightings> & Pick<Sightings, 'stored'>) =>
  standingOf({ pending: [], last: undefined, pointer: undefined, ...seen });

describe('database and journal', () => {
  it('begin apart, after whatever a former database of this zone published', () => {
    expect(standing({ stored: undefined })).toEqual({ is: 'apart', after: undefined });
    const seen = { last: streamed(3_000_000_000, 7), pointer: { serial: 2_900_000_000 } };
    expect(standing({ stored: undefined, ...seen })).toEqual({ is: 'apart', after: 3_000_000_000 });
  });

  it('are level when both say the same', () => {
    expect(standing({ stored: at(100, 100, 7), last: streamed(100, 7) })).toEqual({
      is: 'level',
      mark: [],
      append: [],
      expected: 7,
    });
  });

  it('are level when the entries have aged out of the stream', () => {
    expect(standing({ stored: at(100, 100, 7), pointer: { serial: 100 } })).toMatchObject({ is: 'level', expected: 0 });
  });

  it('stay level after the zone left its journal, which leads replicas to where it was until the zone was compared', () => {
    const level = { is: 'level', mark: [], append: [], expected: 7 };
    expect(standing({ stored: at(200, 200, 7, false), last: streamed(120, 7) })).toEqual(level);
    expect(standing({ stored: at(200, 200, 7), last: streamed(120, 7) })).toEqual({ is: 'apart', after: 200 });
    const more = { serial: 201, entry: entry('200 to 201') };
    expect(standing({ stored: at(201, 200, 7, false), pending: [more], last: streamed(120, 7) })).toEqual({
      ...level,
      append: [more],
    });
    expect(standing({ stored: at(201, 201, 8, false), last: streamed(201, 8) })).toEqual({ ...level, expected: 8 });
  });

  it('become level by appending what a crash kept from the journal', () => {
    expect(standing({ stored: at(102, 100, 7), pending: [first, second], last: streamed(100, 7) })).toEqual({
      is: 'level',
      mark: [],
      append: [first, second],
      expected: 7,
    });
  });

  it('become level by marking what is there already, though nobody told us', () => {
    expect(standing({ stored: at(102, 100, 7), pending: [first, second], last: streamed(101, 8) })).toEqual({
      is: 'level',
      mark: [first],
      append: [second],
      expected: 8,
    });
  });

  it.each([
    ['the database is older than the journal', { stored: at(100, 100, 7), last: streamed(120, 27) }, 120],
    ['the journal is older than the database', { stored: at(100, 100, 7), last: streamed(90, 3) }, 100],
    [
      'the journal holds another entry of the same serial',
      { stored: at(101, 100, 7), pending: [first], last: streamed(101, 8, entry('by someone else')) },
      101,
    ],
    ['the journal was made anew and counts otherwise', { stored: at(100, 100, 7), last: streamed(100, 2) }, 100],
    ['the snapshot is ahead of the database', { stored: at(100, 100, 7), pointer: { serial: 130 } }, 130],
    ['the snapshot is ahead over the wrap', { stored: at(0xffff_fff0, 0xffff_fff0, 7), pointer: { serial: 3 } }, 3],
  ])('are apart when %s, and go on after the latest serial', (_, seen, after) => {
    expect(standing(seen)).toEqual({ is: 'apart', after });
  });
});
