import { timeText } from '../common/amounts';
import type { IItemState, IListItem } from '../common/list';
import type { IJob } from './api';
import * as icons from './icons';

/** An item of the list: a job, or what loads older ones. */
export type JobItem = { readonly job: IJob } | { readonly job: null };

const STATES: Record<string, { kind: IItemState['kind']; icon: typeof icons.waitingIcon }> = {
  queued: { kind: 'waiting', icon: icons.waitingIcon },
  pending: { kind: 'waiting', icon: icons.waitingIcon },
  running: { kind: 'running', icon: icons.runningIcon },
  succeeded: { kind: 'succeeded', icon: icons.succeededIcon },
  success: { kind: 'succeeded', icon: icons.succeededIcon },
  failed: { kind: 'failed', icon: icons.failedIcon },
  cancelled: { kind: 'cancelled', icon: icons.cancelledIcon }
};

/** Whether a job waits or runs. */
export function isActive(job: IJob): boolean {
  return job.state === 'running' || job.state === 'queued' || job.state === 'pending';
}

/** Return when the last run was, or since when it goes on. */
function when(job: IJob, now_ms: number): string {
  const since = (moment: string) => timeText((now_ms - Date.parse(moment)) / 1000);
  if (isActive(job)) {
    const begun = job.started_at ?? job.queued_at;
    return begun ? `for ${since(begun)}` : '';
  }
  const end = job.finished_at ?? job.started_at;
  return end ? `${since(end)} ago` : '';
}

/** Return a job as an item of the list. */
export function jobItem(job: IJob, withAuthor: boolean, now_ms = Date.now()): IListItem<JobItem> {
  const { kind, icon } = STATES[job.state] ?? { kind: 'waiting' as const, icon: icons.idleIcon };
  const facts = [when(job, now_ms), withAuthor ? job.author : null];
  return {
    key: String(job.id),
    label: job.name,
    detail: facts.filter(Boolean).join(' · '),
    hint: [job.name, `job ${job.id}`, job.type, job.author, job.error].filter(Boolean).join('\n'),
    icon,
    state: { text: job.state === 'idle' ? 'never ran' : job.state, kind },
    search: `${job.name} ${job.id} ${job.type} ${job.state} ${job.author ?? ''}`,
    value: { job }
  };
}

/** The item that loads older jobs. */
export function olderItem(left: number | null): IListItem<JobItem> {
  const label = left === null ? 'Show older jobs' : `Show older jobs (${left.toLocaleString()} more)`;
  // It fits every search: what is searched for may be among the older ones.
  return { key: 'older', label, icon: icons.idleIcon, isExtra: true, value: { job: null } };
}
