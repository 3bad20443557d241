/** Records that are not one zone, or a change that does not fit the zone that is here. */
export class ZoneError extends Error {
  override readonly name = 'ZoneError';
}
