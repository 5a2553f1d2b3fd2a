import type { Kernel } from '@jupyterlab/services';

interface IExpression {
  status: string;
  data?: Record<string, string>;
}

/**
 * Return the values of Python expressions in an idle kernel, as texts; empty where one has none.
 *
 * Null for kernels that work, and for those of other languages. Nothing of it is to be seen in the
 * notebook, and nothing is counted.
 */
export async function valuesIn(
  kernel: Kernel.IKernelConnection | null | undefined,
  expressions: Record<string, string>
): Promise<Record<string, string> | null> {
  if (!kernel || kernel.status !== 'idle' || !(await isPython(kernel))) {
    return null;
  }
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: expressions
  });
  const { content } = await future.done;
  if (content.status !== 'ok') {
    return null;
  }
  const found = content.user_expressions as unknown as Record<string, IExpression>;
  return Object.fromEntries(Object.keys(expressions).map(name => [name, textOf(found[name])]));
}

/** Run Python code in a kernel, unseen; throw what it raises. */
export async function runIn(kernel: Kernel.IKernelConnection, code: string): Promise<void> {
  const future = kernel.requestExecute({ code, silent: true, store_history: false });
  const { content } = await future.done;
  if (content.status === 'error') {
    throw new Error(content.evalue);
  }
}

/** Return whether a kernel runs Python. */
export async function isPython(kernel: Kernel.IKernelConnection): Promise<boolean> {
  return (await kernel.info).language_info.name === 'python';
}

/** Return the text of Python's repr of a text, in which nothing is escaped; empty for all else. */
function textOf(expression: IExpression | undefined): string {
  const text = expression?.status === 'ok' ? expression.data?.['text/plain'] ?? '' : '';
  return /^(['"]).*\1$/s.test(text) ? text.slice(1, -1) : '';
}
