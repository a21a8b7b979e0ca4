"""Verifies webhooks with Cashfree's own SDK.

Reads one delivery a line, as JSON: `secret`, `signature` and `timestamp`, each
text or null, and `body` in base64. Prints a line for each: whether the SDK
takes it, and the type it names or the name of the error.
"""

import base64
import json
import sys

from cashfree_pg.api_client import Cashfree


def verdict(delivery):
    """What the SDK says of a delivery."""
    cashfree = Cashfree(
        Cashfree.SANDBOX, "TEST_SIMULATOR", delivery["secret"]
    )
    try:
        # The SDK takes text only: other bodies never reach it.
        body = base64.b64decode(delivery["body"]).decode()
        event = cashfree.PGVerifyWebhookSignature(
            delivery["signature"], body, delivery["timestamp"]
        )
    except Exception as error:  # A mismatch is a bare Exception.
        return {"accepted": False, "error": type(error).__name__}
    return {"accepted": True, "type": event.type}


def main():
    for line in sys.stdin:
        print(json.dumps(verdict(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
