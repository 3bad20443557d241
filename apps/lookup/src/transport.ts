/** A way for packets to come in and answers to go out. */
export interface Transport {
  /** Errors: that of the system, such as EADDRINUSE. */
  start(): Promise<void>;
  /** Takes nothing more, and closes. */
  stop(): Promise<void>;
}
