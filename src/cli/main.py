"""The `ovation` command: what operators and developers can ask of it."""

import typer

from cli import archive, errors, programs, scores
from cli.campaigns import campaign, deliveries
from cli.day import day
from cli.demo import demo
from cli.erase import erase
from cli.explain import explain
from cli.forget import forget
from cli.optout import optout
from cli.query import query
from cli.report import report
from cli.rollback import rollback
from cli.run import run
from cli.sample import sample
from cli.sandboxes import down, up
from cli.sending import go, stop

app = typer.Typer(
    name="ovation",
    help="Who to ask, who to remind, who is verified: the whole system, on this machine or in your account.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.add_typer(programs.app)
app.add_typer(archive.app)
app.add_typer(errors.app)
app.add_typer(scores.app)
ABOUT_MAILS = (campaign, deliveries, stop, go, report, rollback, optout, forget)
ABOUT_THE_ARCHIVE = (query, erase)
for command in (run, day, explain, *ABOUT_MAILS, *ABOUT_THE_ARCHIVE, sample, up, down, demo):
    app.command()(command)
