export type SetupErrorCode =
  | 'ALREADY_RUNNING'
  | 'DATA_UNUSABLE'
  | 'NOT_BUILT'
  | 'NOT_DEBIAN'
  | 'NO_NETWORK'
  | 'NO_SPACE'
  | 'PACKAGE_UNKNOWN'
  | 'PORT_INVALID'
  | 'PORT_TAKEN'
  | 'PROCESS_FAILED'
  | 'PROGRAM_MISSING'
  | 'UNPACK_FAILED';

/** Something this machine lacks or refuses. `hint` tells the person in front of it what to do. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  constructor(
    readonly code: SetupErrorCode,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}
