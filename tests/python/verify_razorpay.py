"""Asks Razorpay's own SDK whether signatures are right.

Each line of the input is a JSON object: {"delivery": {"body", "signature", "secret"}} or
{"return": {"parameters", "secret"}}. For each a line {"accepted": bool} is printed.
"""

import json
import sys

import razorpay
from razorpay.errors import SignatureVerificationError


def accepted(question):
    if "delivery" in question:
        asked = question["delivery"]
        client = razorpay.Client(auth=("rzp_test_00000000000000", "unused"))
        return client.utility.verify_webhook_signature(
            asked["body"], asked["signature"], asked["secret"]
        )
    asked = question["return"]
    client = razorpay.Client(auth=("rzp_test_00000000000000", asked["secret"]))
    return client.utility.verify_payment_link_signature(asked["parameters"])


for line in sys.stdin:
    try:
        verdict = accepted(json.loads(line))
    except SignatureVerificationError:
        verdict = False
    print(json.dumps({"accepted": bool(verdict)}))
