"""Nothing personal in logs: an exception's text or a request's path may hold what somebody typed.

And one event is one line: nobody writes a second one by what they send.
"""

import logging

# When a line cannot be written, the library would print the error at hand with its text, past every filter.
logging.raiseExceptions = False


class ScrubFilter(logging.Filter):
    """Keeps of an exception its kind and where it was raised; drops its text, and the arguments of request logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg, record.args = f"{_where(error)}: {type(error).__name__}", ()
            record.exc_info = record.exc_text = None
        elif record.name.startswith("django.") and record.args:
            record.msg, record.args = f"{record.name}: status {getattr(record, 'status_code', '-')}", ()
        return True


class OneLine(logging.Formatter):
    """Every character that moves the cursor or begins a line is spelt out."""

    def format(self, record: logging.LogRecord) -> str:
        return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in super().format(record))


def _where(error: BaseException) -> str:
    trace, place = error.__traceback__, "?"
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_filename.rsplit('/troth/', 1)[-1]}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return place
