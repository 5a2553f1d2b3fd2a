import type { Session } from '@jupyterlab/services';
import { valuesIn } from '../common/kernel';

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

/** Return what an idle Python kernel knows; nothing for all others. */
export async function kernelState(
  session: Session.ISessionConnection | null | undefined
): Promise<IKernelState> {
  const asked = async (): Promise<IKernelState> => {
    const found = await valuesIn(session?.kernel, { variables: VARIABLES, database: DATABASE });
    return found
      ? { variables: variablesIn(found.variables), database: found.database || null }
      : NOTHING;
  };
  const late = new Promise<IKernelState>(resolve => setTimeout(() => resolve(NOTHING), WAIT_MS));
  return Promise.race([asked(), late]);
}

function variablesIn(text: string): Record<string, string> {
  const pairs = text.split(',').filter(Boolean);
  return Object.fromEntries(pairs.map(pair => pair.split(':') as [string, string]));
}
