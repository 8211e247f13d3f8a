"""The program `Ministack` starts: the emulator, its real-time timers off because schedules fire in virtual time (see `clock`)."""

from ministack.services import eventbridge, scheduler


def _no_timer() -> None:
    """In place of the threads that fire schedules and scheduled rules by the machine's clock."""


def main() -> None:
    eventbridge.start_scheduler = _no_timer
    scheduler.start_scheduler = _no_timer
    from ministack.app import main as serve  # after the timers are gone: the app starts them

    serve()


if __name__ == "__main__":
    main()
