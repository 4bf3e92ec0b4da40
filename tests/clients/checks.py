"""Runs checks that are functions: each name says what must hold."""

import sys
import traceback


def run(title, checks):
    """Runs them in order, prints what became of each, and the totals; the exit status."""
    failed = 0
    for check in checks:
        try:
            check()
            print("ok    " + check.__name__)
        except Exception:
            failed += 1
            print("FAIL  " + check.__name__)
            traceback.print_exc(limit=4, file=sys.stdout)
    print("%s: %d passed, %d failed" % (title, len(checks) - failed, failed))
    return 1 if failed else 0
