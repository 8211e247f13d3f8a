"""The `ovation` command: what operators and developers can ask of it."""

import typer

from cli import archive, errors, notifications, programs, scores, sms_lint
from cli.campaigns import campaign, deliveries
from cli.day import day
from cli.demo import demo
from cli.erase import erase
from cli.explain import explain
from cli.forget import forget
from cli.optout import optout
from cli.query import query
from cli.rehearsal import rehearse
from cli.report import report
from cli.rollback import rollback
from cli.run import run
from cli.sample import sample
from cli.sandboxes import down, up
from cli.sending import go, stop
from cli.why import why

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
notifications.app.command()(rehearse)
app.add_typer(notifications.app)
app.add_typer(sms_lint.app)
ABOUT_MAILS = (campaign, deliveries, stop, go, report, rollback, optout, forget)
ABOUT_THE_ARCHIVE = (query, erase)
ABOUT_REMINDERS = (why,)
for command in (run, day, explain, *ABOUT_MAILS, *ABOUT_THE_ARCHIVE, *ABOUT_REMINDERS, sample, up, down, demo):
    app.command()(command)
