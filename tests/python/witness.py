"""Cashfree's own SDK, sent to another host, and what it makes of each answer.

Every call prints one line of JSON: what was asked, what came back, whether the
SDK's models take it, and what they drop, add or change when they write it out
again. Fractions are printed as text, so that no amount is ever rounded.
"""

import json
from decimal import Decimal

from cashfree_pg import api_client, models
from cashfree_pg.exceptions import ApiException

# The SDK names a model for each refusal, but raises the refusal unread.
MODELS_OF_REFUSALS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "ApiError404",
    409: "ApiError409",
    422: "IdempotencyError",
    429: "RateLimitError",
    500: "ApiError",
    502: "ApiError502",
}


class Elsewhere(api_client.ApiClient):
    """The SDK's client, which sends requests to one host and no other."""

    def __init__(self, host):
        super().__init__()
        self.host = host
        self.sent = None

    def request(self, method, url, **arguments):
        if not url.startswith(self.host + "/"):
            raise AssertionError("the SDK calls another host")
        path = url[len(self.host):].partition("?")[0]
        self.sent = f"{method} {path}"
        return super().request(method, url, **arguments)


def send_to(host):
    """Makes the SDK send all calls to `host`, and returns the client it uses.

    Each call builds a configuration with a host of its own, looked up as a
    name of the module.
    """
    original = api_client.Configuration

    class Configuration(original):
        def __init__(self, **settings):
            super().__init__(**(settings | {"host": host}))

    api_client.Configuration = Configuration
    client = Elsewhere(host)
    api_client.ApiClient.set_default(client)
    return client


def say(**line):
    """Prints a line of JSON."""
    print(json.dumps(line, default=str), flush=True)


def exact(text):
    """JSON with its fractions as written."""
    return json.loads(text, parse_float=Decimal)


class Witness:
    """One merchant's SDK, which tells of each call."""

    def __init__(self, client, version, merchant, secret):
        self.client = client
        self.version = version
        self.cashfree = api_client.Cashfree(
            api_client.Cashfree.SANDBOX, merchant, secret
        )
        self.cashfree.XApiVersion = version

    def call(self, step, method, **arguments):
        """Makes a call and tells of it; returns the answer as the SDK has it.

        What the models do not take is `None`, and so is a refusal.
        """
        self.client.sent = self.client.last_response = None
        told = {"step": step, "version": self.version}
        try:
            answer = getattr(self.cashfree, method)(**arguments)
        except ApiException as refusal:
            told |= self.refusal(refusal)
            answer = None
        except ValueError as error:
            if self.client.last_response is None:
                raise
            # The answer came and the SDK cannot read it.
            told |= {
                "status": self.client.last_response.status,
                "refused": faults(error),
            }
            answer = None
        else:
            told |= {
                "status": answer.status_code,
                **self.written_again(answer.raw_data, answer.data),
            }
        say(call=self.client.sent, **told)
        return answer and answer.data

    def refusal(self, refusal):
        """A refusal as the SDK raises it, read by the SDK's model of it."""
        told = {
            "status": refusal.status,
            "exception": type(refusal).__name__,
        }
        try:
            found = json.loads(refusal.body)
        except ValueError:
            return told | {"unreadable": True}
        model = getattr(models, MODELS_OF_REFUSALS[refusal.status])
        try:
            read = model.from_dict(found)
        except ValueError as error:
            return told | {"refused": faults(error)}
        return told | self.written_again(refusal.body, read)

    def written_again(self, text, data):
        """What is left of an answer once the SDK has read and written it."""
        again = self.client.sanitize_for_serialization(data)
        before, after = exact(text), exact(json.dumps(again))
        found = {"dropped": set(), "added": set(), "changed": set()}
        compare("", before, after, found)
        listed = data if isinstance(data, list) else [data]
        return {
            "models": sorted({type(one).__name__ for one in listed}),
            "answer": after,
            **{how: sorted(paths) for how, paths in found.items()},
        }


def compare(path, before, after, found):
    """Collects the fields that are missing, new or other in `after`.

    A null is no difference to a field that is left out: the SDK tells no more.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            inner = f"{path}.{name}".lstrip(".")
            one, other = before.get(name), after.get(name)
            if other is None and one is not None:
                found["dropped"].add(inner)
            elif one is None and other is not None:
                found["added"].add(inner)
            else:
                compare(inner, one, other, found)
    elif (
        isinstance(before, list)
        and isinstance(after, list)
        and len(before) == len(after)
    ):
        for one, other in zip(before, after):
            compare(f"{path}[]", one, other, found)
    elif type(before) is bool or type(after) is bool:
        if before is not after:
            found["changed"].add(path)
    elif before != after:
        found["changed"].add(path)


def faults(error):
    """Why a model refuses an answer: fields and reasons, no values."""
    if not hasattr(error, "errors"):
        return [type(error).__name__]
    return sorted(
        ".".join(map(str, fault["loc"])) + ": " + fault["msg"]
        for fault in error.errors(include_input=False, include_url=False)
    )
