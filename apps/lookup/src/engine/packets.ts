/** Takes the packets of some sockets to a Responder, on the thread that made it, until it is stopped. */
export interface Packets {
  /** Takes nothing more. */
  stop(): Promise<void>;
}

/** What can become of packets beside being answered; counted, never described. */
export interface PacketFates {
  /** Answers that the system did not take. */
  unsent(count: number): void;
}

/** Longest query that is read. Of a longer one nothing but the header counts, which makes it malformed: RFC 1035 §4.1 knows no question of that size. */
export const queryRoom = 4_096;

/** RFC 1035 §4.1.1 */
export const headerOctets = 12;
