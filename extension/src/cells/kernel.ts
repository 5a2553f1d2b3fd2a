import type { Session } from '@jupyterlab/services';

/** What a kernel knows that SQL cells need. */
export interface IKernelState {
  /** The variables that :name can mean, with their types. */
  variables: Record<string, string>;
  /** The database that is set with %civis_config; null for none. */
  database: string | null;
}

const NOTHING: IKernelState = { variables: {}, database: null };
/** A kernel that works answers when it is done: nobody waits for that. Most take a few ms. */
const WAIT_MS = 250;

// Names are identifiers, so that nothing in the text of the reply needs an escape.
const VARIABLES =
  "','.join(k + ':' + type(v).__name__ for k, v in list(globals().items())" +
  " if not k.startswith('_') and k not in ('In', 'Out')" +
  " and not callable(v) and type(v).__name__ != 'module')";
const DATABASE =
  "(lambda config: config.get('database') if config else None)" +
  "(__import__('sys').modules.get('civis_nb.config'))";

interface IExpression {
  status: string;
  data?: Record<string, string>;
}

/** Return what an idle Python kernel knows; nothing for all others. */
export async function kernelState(
  session: Session.ISessionConnection | null | undefined
): Promise<IKernelState> {
  const kernel = session?.kernel;
  if (!kernel || kernel.status !== 'idle') {
    return NOTHING;
  }
  const asked = async (): Promise<IKernelState> => {
    const info = await kernel.info;
    if (info.language_info.name !== 'python') {
      return NOTHING;
    }
    const future = kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      user_expressions: { variables: VARIABLES, database: DATABASE }
    });
    const { content } = await future.done;
    if (content.status !== 'ok') {
      return NOTHING;
    }
    const found = content.user_expressions as unknown as Record<string, IExpression>;
    return {
      variables: variablesIn(textOf(found.variables)),
      database: textOf(found.database) || null
    };
  };
  const late = new Promise<IKernelState>(resolve => setTimeout(() => resolve(NOTHING), WAIT_MS));
  return Promise.race([asked(), late]);
}

/** Return the text of Python's repr of a text; empty for None and failures. */
function textOf(expression: IExpression | undefined): string {
  const text = expression?.status === 'ok' ? expression.data?.['text/plain'] ?? '' : '';
  return /^(['"]).*\1$/s.test(text) ? text.slice(1, -1) : '';
}

function variablesIn(text: string): Record<string, string> {
  const pairs = text.split(',').filter(Boolean);
  return Object.fromEntries(pairs.map(pair => pair.split(':') as [string, string]));
}
