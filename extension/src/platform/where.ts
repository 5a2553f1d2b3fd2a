/** Where work goes: a platform and a database. */
export interface IWhere {
  kind: 'local' | 'platform' | 'nowhere';
  /** The address of the platform; empty for a local one that does not run yet. */
  endpoint: string;
  database: string | null;
}

/** What the server says of itself: civis_nb/lab/platform.py. */
export interface IServerWhere extends IWhere {
  /** What tells the platform and the account from others. */
  id: string;
  /** Whether it was chosen here, not by the server's environment. */
  is_chosen: boolean;
}

/** The state of the local platform: civis_nb/lab/platform.py. */
export interface ILocalState {
  running: boolean;
  endpoint: string;
  pid: number | null;
  can_stop: boolean;
  folder: string;
  bytes: number | null;
}

/** What a kernel is asked, as an expression of Python: text in hexadecimal digits, without a key. */
export const ASK_KERNEL = [
  '(lambda environ, config: __import__("json").dumps({',
  '"backend": config.get("backend") if config else environ.get("CIVIS_NB_BACKEND"),',
  '"database": config.get("database") if config else environ.get("CIVIS_NB_DATABASE"),',
  '"endpoint": environ.get("CIVIS_API_ENDPOINT", "").strip(),',
  '"has_key": bool(environ.get("CIVIS_API_KEY", "").strip())',
  '}).encode().hex())',
  '(__import__("os").environ, __import__("sys").modules.get("civis_nb.config"))'
].join('');

const DEFAULT_ENDPOINT = 'https://api.civisanalytics.com/';

/** Return where a kernel goes, of its answer; null where it gave none. */
export function whereOfKernel(answer: string): IWhere | null {
  if (!/^([0-9a-f]{2})+$/.test(answer)) {
    return null;
  }
  const bytes = answer.match(/../g)!.map(pair => parseInt(pair, 16));
  const found = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes)));
  const database = found.database || null;
  const isHere = isLoopback(found.endpoint);
  // As civis_nb/backend.py decides.
  if (found.backend === 'local' && !(found.has_key && isHere)) {
    return { kind: 'local', endpoint: '', database };
  }
  if (!found.has_key) {
    return { kind: 'nowhere', endpoint: '', database };
  }
  const endpoint = found.endpoint || DEFAULT_ENDPOINT;
  return { kind: isHere ? 'local' : 'platform', endpoint, database };
}

function isLoopback(address: string): boolean {
  try {
    const { hostname } = new URL(address);
    return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
  } catch {
    return false;
  }
}

/** Return the name of a platform for a person: its host. */
export function platformName({ kind, endpoint }: IWhere): string {
  if (kind === 'nowhere') {
    return 'no platform';
  }
  if (kind === 'local') {
    return 'local platform';
  }
  try {
    const { host } = new URL(endpoint);
    return host === new URL(DEFAULT_ENDPOINT).host ? 'Civis Platform' : host;
  } catch {
    return endpoint;
  }
}

/** Return a place in words. */
export function whereText(where: IWhere): string {
  return where.database ? `${platformName(where)} · ${where.database}` : platformName(where);
}

/** Return how a notebook differs from the sidebar, in words; empty where it does not. */
export function differenceText(server: IWhere, notebook: IWhere): string {
  const same = (one: string) => one.replace(/\/+$/, '');
  const isSamePlatform =
    server.kind === notebook.kind &&
    // The user's own local platform has no address before it runs.
    (server.endpoint === '' || notebook.endpoint === '' || same(server.endpoint) === same(notebook.endpoint));
  if (!isSamePlatform) {
    const names = [notebook, server].map(one => (one.kind === 'local' ? 'the ' : '') + platformName(one));
    const places = names[0] === names[1] ? [notebook.endpoint, server.endpoint] : names;
    return `The notebook uses ${places[0]}, the sidebar ${places[1]}.`;
  }
  if (server.database && notebook.database && server.database !== notebook.database) {
    return `The notebook uses the database ${notebook.database}, the sidebar ${server.database}.`;
  }
  return '';
}
