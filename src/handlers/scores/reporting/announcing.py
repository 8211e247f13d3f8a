"""A report in, one post of it in Slack out, whoever dies meanwhile: claim, post, mark as posted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.aws.verdict_ledger import Claim, Slate, VerdictLedger
from adapters.http.campaign_service import CampaignService
from adapters.http.slack import Slack
from domain.errors import Rejected, Unavailable
from domain.scores.campaign import Campaign
from domain.scores.report import Report
from domain.scores.verdict_words import post

NAMELESS = timedelta(minutes=1)  # for so long a report waits for a service that does not tell the campaign's name


class Busy(Unavailable):
    """Somebody else is telling Slack of the campaign, or died doing so a moment ago."""


@dataclass(frozen=True)
class Announcer:
    """`channel`: where a campaign that has none of its own is told of. `environment`: the stage, as people read it.

    A claim that runs out is somebody's who died between its claim and the mark: Slack itself tells whether the post is there.
    """

    ledger: VerdictLedger
    slack: Slack
    campaigns: CampaignService
    channel: str
    environment: str

    def slate(self, campaign: str, worker: str, now: datetime) -> tuple[Slate, bool]:
        """What Slack has heard, nobody being at it; and whether a dead worker's post was finished for that. Busy: somebody is."""
        slate = self.ledger.read(campaign)
        if slate.claim is None:
            return slate, False
        if now < slate.claim.until:
            raise Busy(f"{campaign}: Slack is being told")
        self._finish(campaign, slate.claim, worker, now)
        return self.ledger.read(campaign), slate.claim.post is not None

    def announce(self, report: Report, worker: str, now: datetime) -> bool:
        """Whether there is a post now: not where the campaign wants none. Busy: somebody else has told, or is telling.
        Unavailable: not posted, and free for another try. Unknown: perhaps posted, and settled when the claim has run out.
        """
        known = self._campaign(report, now)
        silent = known is not None and known.no_alert
        message = None if silent else post(report, known.name if known else None, self.environment)
        channel = (known.channel if known else None) or self.channel
        claim = self.ledger.claim(report, message, channel, worker, now)
        if claim is None:
            raise Busy(f"{report.campaign}: somebody else has told Slack, or is telling")
        self._say(report.campaign, claim, now)
        return not silent

    def _say(self, campaign: str, claim: Claim, now: datetime) -> None:
        ts = None
        if claim.post:
            try:
                ts = self.slack.post(claim.channel, claim.post, claim.key, now)
            except Unavailable:
                self.ledger.give_back(campaign, claim)
                raise
        self.ledger.posted(campaign, claim, ts, now)

    def _finish(self, campaign: str, claim: Claim, worker: str, now: datetime) -> None:
        mine = self.ledger.take_over(campaign, claim, worker, now)
        if mine is None:
            raise Busy(f"{campaign}: somebody else was faster")
        found = self.slack.find(mine.channel, mine.key, mine.claimed_at, now) if mine.post else None
        if found:
            self.ledger.posted(campaign, mine, found, now)
        else:
            self._say(campaign, mine, now)

    def _campaign(self, report: Report, now: datetime) -> Campaign | None:
        """None: it is unknown, or has been out of reach for long enough. Unavailable: it may be told in a moment."""
        try:
            return self.campaigns.campaign(report.campaign, now)
        except Rejected:
            return None
        except Unavailable:
            if report.ready_at and now < report.ready_at + NAMELESS:
                raise
            return None
