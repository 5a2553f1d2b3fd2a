import type { Kernel, Session } from '@jupyterlab/services';
import { valuesIn } from '../common/kernel';

/** What a kernel knows that SQL cells need. */
export interface IKernelState {
  /** The variables that :name can mean, with their types. */
  variables: Record<string, string>;
  /** The database that is set with %civis_config; null for none. */
  database: string | null;
}

const NOTHING: IKernelState = { variables: {}, database: null };
/** How long the first answer of a kernel is waited for; most take a few ms. */
const FIRST_WAIT_MS = 250;
/** How long a later one is waited for: the earlier one is nearly as good, and there at once. */
const WAIT_MS = 60;

/** What kernels have answered last. It stands for those that work now, or answer late. */
const told = new WeakMap<Kernel.IKernelConnection, IKernelState>();

// Names are identifiers, so that nothing in the text of the reply needs an escape.
const VARIABLES =
  "','.join(k + ':' + type(v).__name__ for k, v in list(globals().items())" +
  " if not k.startswith('_') and k not in ('In', 'Out')" +
  " and not callable(v) and type(v).__name__ != 'module')";
const DATABASE =
  "(lambda config: config.get('database') if config else None)" +
  "(__import__('sys').modules.get('civis_nb.config'))";

/** Return what a Python kernel knows, or knew when it was idle last; nothing for all others. */
export async function kernelState(
  session: Session.ISessionConnection | null | undefined
): Promise<IKernelState> {
  const kernel = session?.kernel;
  if (!kernel) {
    return NOTHING;
  }
  const known = told.get(kernel);
  const late = new Promise<null>(resolve =>
    setTimeout(() => resolve(null), known ? WAIT_MS : FIRST_WAIT_MS)
  );
  return (await Promise.race([asked(kernel), late])) ?? known ?? NOTHING;
}

/** Ask a kernel, and keep what it answers; null while it works. */
async function asked(kernel: Kernel.IKernelConnection): Promise<IKernelState | null> {
  const found = await valuesIn(kernel, { variables: VARIABLES, database: DATABASE });
  if (found === null) {
    return null;
  }
  const state = { variables: variablesIn(found.variables), database: found.database || null };
  if (!told.has(kernel)) {
    kernel.statusChanged.connect(forgetEnded);
  }
  told.set(kernel, state);
  return state;
}

/** Forget what a kernel has answered that begins anew: it has none of these variables any more. */
function forgetEnded(kernel: Kernel.IKernelConnection, status: Kernel.Status): void {
  if (/restarting|starting|terminating|dead/.test(status)) {
    told.delete(kernel);
    kernel.statusChanged.disconnect(forgetEnded);
  }
}

function variablesIn(text: string): Record<string, string> {
  const pairs = text.split(',').filter(Boolean);
  return Object.fromEntries(pairs.map(pair => pair.split(':') as [string, string]));
}
