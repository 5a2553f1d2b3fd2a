import type { ITopicEvent } from '../common/events';
import { ask } from '../common/server';

/** Which jobs: one's own, everybody's, one's own queries and cells. */
export type Scope = 'mine' | 'all' | 'hidden';

/** A job, as civis_nb/lab/jobs/panel.py describes it. */
export interface IJob {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly author: string | null;
  readonly run_id: number | null;
  readonly queued_at: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly error: string | null;
}

export interface IJobsEvent extends ITopicEvent {
  readonly jobs?: readonly IJob[];
}

export interface IParam {
  readonly name: string;
  readonly label: string | null;
  readonly description: string | null;
  readonly type: string;
  readonly required: boolean;
  readonly default: unknown;
  /** The value of a parameter that is fixed; null of others. */
  readonly value: unknown;
  readonly allowed_values: readonly { readonly value: unknown; readonly label: string }[];
}

export interface INamed {
  readonly id: number;
  readonly name: string;
  readonly type?: string;
}

export interface IJobDetails extends IJob {
  readonly page: string | null;
  readonly takes_arguments: boolean;
  readonly params: readonly IParam[];
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly databases?: readonly INamed[];
  readonly credentials?: readonly INamed[];
}

export interface IRunIds {
  readonly job_id: number;
  readonly run_id: number;
  /** The platform that has these ids. */
  readonly platform: string;
}

/** A run that was just started. */
export interface IStartedRun extends IRunIds {
  readonly state: string;
  readonly queued_at: string | null;
}

export interface IRunEvent extends ITopicEvent {
  readonly run?: Readonly<Record<string, unknown>> & { readonly title: string };
  readonly lines?: Readonly<Record<string, unknown>>;
}

export function getJobs(
  scope: Scope,
  page: number,
  text: string,
  platform: string
): Promise<{ jobs: IJob[]; total: number | null }> {
  return ask(`jobs?${new URLSearchParams({ scope, page: String(page), text }).toString()}`, {}, platform);
}

export function getJob(id: number, platform: string): Promise<IJobDetails> {
  return ask(`jobs/${id}`, {}, platform);
}

export async function startJob(
  id: number,
  platform: string,
  given?: Record<string, unknown>
): Promise<IStartedRun> {
  const init = { method: 'POST', body: JSON.stringify({ arguments: given ?? null }) };
  return { ...(await ask<IStartedRun>(`jobs/${id}/runs`, init, platform)), platform };
}

export function cancelRun({ job_id, run_id, platform }: IRunIds): Promise<{ state: string }> {
  return ask(`jobs/${job_id}/runs/${run_id}`, { method: 'DELETE' }, platform);
}

/** Ask for lines of a run's log: by number, those with a text, or all as text. */
export function askLog(
  { job_id, run_id, platform }: IRunIds,
  kind: string,
  fields: Record<string, unknown>
): Promise<Record<string, unknown>> {
  const query = Object.entries({ kind, ...fields }).map(([name, value]) => [name, String(value)]);
  return ask(`jobs/${job_id}/runs/${run_id}/log?${new URLSearchParams(query).toString()}`, {}, platform);
}
