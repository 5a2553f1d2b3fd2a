import { icon } from '../common/icons';

const RING =
  '<path fill-rule="evenodd" d="M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.3a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 8 2.8z"/>';

export const jobsIcon = icon(
  'jobs',
  '<path fill-rule="evenodd" d="M2 2h12v3.4H2zm1.3 1.2v1h9.4v-1zM2 6.4h12v3.4H2zm1.3 1.2v1h9.4v-1zM2 10.8h12v3.4H2zm1.3 1.2v1h9.4v-1z"/>'
);
export const idleIcon = icon('job-idle', RING);
export const waitingIcon = icon('job-waiting', `${RING}<path d="M7.4 4.5h1.2v3.3l2.3 1.4-.6 1-2.9-1.8z"/>`);
export const runningIcon = icon('job-running', `${RING}<path d="M6.5 4.8l5 3.2-5 3.2z"/>`);
export const succeededIcon = icon(
  'job-succeeded',
  `${RING}<path d="M4.8 8.2l.9-.9 1.6 1.6 3.1-3.3 1 .9-4.1 4.3z"/>`
);
export const failedIcon = icon(
  'job-failed',
  `${RING}<path d="M5.1 6l.9-.9 2 2 2-2 .9.9-2 2 2 2-.9.9-2-2-2 2-.9-.9 2-2z"/>`
);
export const cancelledIcon = icon('job-cancelled', `${RING}<path d="M5.5 5.5h5v5h-5z"/>`);
