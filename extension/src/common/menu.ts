import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

/** Something that can be done with an item. */
export interface IItemAction {
  readonly label: string;
  /** The key that does it while the item is selected, as the browser names it: Delete, c. */
  readonly key?: string;
  readonly isEnabled?: boolean;
  run(): void;
}

/** Open a menu of actions at a place of the page; `close` is called before an action runs. */
export function openMenu(actions: readonly IItemAction[], x: number, y: number, close: () => void): Menu {
  const commands = new CommandRegistry();
  const menu = new Menu({ commands });
  for (const [index, action] of actions.entries()) {
    const command = String(index);
    commands.addCommand(command, {
      label: action.label,
      isEnabled: () => action.isEnabled !== false,
      execute: () => action.run()
    });
    menu.addItem({ command });
  }
  menu.aboutToClose.connect(close);
  menu.open(x, y);
  return menu;
}
