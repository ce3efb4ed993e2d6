"""Results of checks, one JSON object a line on standard output, for `npm run interop`."""
import asyncio
import json


class Absent(Exception):
    """An optional extension that the server does not offer and refuses in words."""


class Report:
    def __init__(self, client):
        self.client = client

    def add(self, operation, result, detail=""):
        line = {"client": self.client, "operation": operation, "result": result, "detail": " ".join(str(detail).split())[:400]}
        print(json.dumps(line), flush=True)

    def check(self, operation, run):
        """Runs a check. Its result is shown, an exception of any kind is a failure; a coroutine is run to its end."""
        try:
            found = run()
            self.add(operation, "ok", asyncio.get_event_loop().run_until_complete(found) if asyncio.iscoroutine(found) else found)
        except Absent as absent:
            self.add(operation, "skip", f"not offered: {absent}")
        except Exception as error:  # noqa: BLE001 - every exception of a client is a finding
            self.add(operation, "FAIL", f"{type(error).__name__}: {error}")

    def refusal(self, operation, word, run):
        """Passes if the client raises an error whose text has the word."""

        def refused():
            try:
                found = run()
                found = asyncio.get_event_loop().run_until_complete(found) if asyncio.iscoroutine(found) else found
            except Exception as error:  # noqa: BLE001
                assert word.lower() in str(error).lower(), f"says nothing of {word!r}: {error}"
                return error
            raise AssertionError(f"accepted: {str(found)[:200]}")

        self.check(operation, refused)
