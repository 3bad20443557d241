export { startSandbox, type Sandbox, type SandboxOptions } from './sandbox.js';
export { NoMessage, sandboxAt, type PhoneNetwork } from './sandbox-client.js';
export type { Behaviour, BehaviourInput, Fault, Outcome } from './behaviour.js';
export type { Message } from './phones.js';
export { segmentationOf, type Segmentation } from './segments.js';
