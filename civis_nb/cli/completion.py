"""``civis-nb completion``: what a shell needs to complete commands."""

from __future__ import annotations

import click

from civis_nb.cli.command import Command

__all__ = ["completion"]


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion of a SHELL, for its startup file.

    \b
    bash, in ~/.bashrc:     eval "$(civis-nb completion bash)"
    zsh, in ~/.zshrc, below compinit:
                            eval "$(civis-nb completion zsh)"
    fish, in ~/.config/fish/completions/civis-nb.fish:
                            civis-nb completion fish | source

    Names of resources and operations come from the specification that is kept: nothing is
    asked of the network while you type.
    """  # noqa: D301 - click reads the backspace itself
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    root = ctx.find_root()
    assert found is not None  # noqa: S101 - the choices above are those of click
    script = found(root.command, {}, "civis-nb", "_CIVIS_NB_COMPLETE").source()
    if shell == "bash":
        # bash completes an alias as it was typed, which may be the name of another program.
        script = script.replace("_complete $1", "_complete ${BASH_ALIASES[$1]:-$1}")
    click.echo(script)
