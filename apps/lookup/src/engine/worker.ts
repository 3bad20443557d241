import { answeringOf, type AnsweringSetup, type Secrets } from '../answering.js';
import { openZoneView, type ReaderHandle } from '../zone/open-zone-view.js';
import { runThread } from './thread.js';

/** What a thread that answers UDP begins with. */
export interface WorkerSetup extends AnsweringSetup {
  readonly zone: ReaderHandle;
}

/** Entry point of such a thread. */
await runThread<WorkerSetup, Secrets>((setup, counters) => answeringOf(setup, openZoneView(setup.zone), counters));
