"""What people reply in, the list of opt-outs as it then stands out."""

from collections.abc import Sequence

from adapters.aws.opt_out_list import OptOutList
from domain.errors import Unavailable
from domain.notifications.status_events import Reply


def heed(replies: Sequence[Reply], opt_outs: OptOutList) -> list[str | None]:
    """Each by itself, the latest word counting; by place, why one could not be written down."""
    return [_heed(it, opt_outs) for it in replies]


def _heed(it: Reply, opt_outs: OptOutList) -> str | None:
    change = opt_outs.add if it.out else opt_outs.remove
    try:
        change(it.method, it.address, it.at, it.source)
    except Unavailable as reason:
        return str(reason)
    return None
