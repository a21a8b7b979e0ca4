"""Takes links and orders through their lives by means of Cashfree's own SDK.

    life_cycle.py <simulator's address> <api version>...

The answers are told in lines of JSON; see `witness`.
"""

import json
import sys
import urllib.request

from cashfree_pg import models

from witness import Witness, say, send_to

MERCHANT = "TEST_SIMULATOR"
SECRET = "cfsk_ma_test_simulator"


class Control:
    """The simulator's control interface, which stands for payers and banks."""

    def __init__(self, address):
        self.address = address

    def post(self, path, **body):
        request = urllib.request.Request(
            f"{self.address}/_simulator/{path}",
            json.dumps(body).encode(),
            {"content-type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=10) as answer:
            return json.load(answer)


def link_request(link_id, **more):
    """A link with every field that the simulator keeps."""
    return models.CreateLinkRequest(
        link_id=link_id,
        link_amount=200.12,
        link_currency="INR",
        link_purpose="Invoice 7",
        link_expiry_time="2099-01-31T18:00:00+05:30",
        link_partial_payments=True,
        link_minimum_partial_amount=20,
        link_auto_reminders=False,
        link_notes={"invoice": "7"},
        link_notify=models.LinkNotifyEntity(send_sms=False, send_email=True),
        link_meta=models.LinkMetaResponseEntity(
            notify_url="https://merchant.example/webhooks",
            return_url="https://merchant.example/thanks",
            upi_intent="true",
            payment_methods="upi,cc,nb",
        ),
        customer_details=models.LinkCustomerDetailsEntity(
            customer_phone="9000000000",
            customer_email="asha@example.com",
            customer_name="Asha Rao",
        ),
        **more,
    )


def paid_link(witness, control, link_id):
    """A link paid in instalments, after a refused card. Returns its orders."""
    request = link_request(link_id)
    witness.call("create", "PGCreateLink", create_link_request=request)
    witness.call("fetch active", "PGFetchLink", link_id=link_id)
    witness.call(
        "no orders yet", "PGLinkFetchOrders", link_id=link_id, status="ALL"
    )
    control.post(f"links/{link_id}/fail", method="card", amount="100.00")
    control.post(f"links/{link_id}/pay", method="upi", amount="55.00")
    witness.call("fetch partly paid", "PGFetchLink", link_id=link_id)
    control.post(f"links/{link_id}/pay", method="netbanking")
    witness.call("fetch paid", "PGFetchLink", link_id=link_id)
    orders = witness.call(
        "all orders", "PGLinkFetchOrders", link_id=link_id, status="ALL"
    )
    witness.call(
        "paid orders", "PGLinkFetchOrders", link_id=link_id, status="PAID"
    )
    for order in orders:
        witness.call("order", "PGFetchOrder", order_id=order.order_id)
        payments = witness.call(
            "payments", "PGOrderFetchPayments", order_id=order.order_id
        )
        for payment in payments:
            witness.call(
                "payment",
                "PGOrderFetchPayment",
                order_id=order.order_id,
                cf_payment_id=payment.cf_payment_id,
            )
    witness.call("duplicate", "PGCreateLink", create_link_request=request)
    witness.call("cancel paid", "PGCancelLink", link_id=link_id)
    return orders


def other_ends(witness, control, link_id):
    """A payer who leaves, a payment that hangs, a cancelled link."""
    request = link_request(link_id)
    key = f"key-{link_id}"
    for step in ("create with a key", "create again with the key"):
        witness.call(
            step,
            "PGCreateLink",
            create_link_request=request,
            x_idempotency_key=key,
            x_request_id="request-1",
        )
    request.link_purpose = "Another invoice"
    witness.call(
        "key of another body",
        "PGCreateLink",
        create_link_request=request,
        x_idempotency_key=key,
    )
    control.post(f"links/{link_id}/drop")
    control.post(f"links/{link_id}/pending", method="card")
    orders = witness.call(
        "open orders", "PGLinkFetchOrders", link_id=link_id, status="ALL"
    )
    for order in orders:
        witness.call(
            "open payments", "PGOrderFetchPayments", order_id=order.order_id
        )
    witness.call("cancel", "PGCancelLink", link_id=link_id)
    witness.call("cancel again", "PGCancelLink", link_id=link_id)
    if witness.version >= "2026-01-01":
        request = models.CreateLinkRequest(
            link_amount=1,
            link_currency="INR",
            customer_details=models.LinkCustomerDetailsEntity(
                customer_phone="9000000000"
            ),
        )
        witness.call(
            "create without id", "PGCreateLink", create_link_request=request
        )


def refusals(client, witness, control):
    """What is wrong on the caller's side or the server's."""
    for step, method, arguments in (
        ("unknown link", "PGFetchLink", {"link_id": "nobody"}),
        ("unknown link", "PGCancelLink", {"link_id": "nobody"}),
        (
            "unknown link",
            "PGLinkFetchOrders",
            {"link_id": "nobody", "status": "ALL"},
        ),
        ("unknown order", "PGFetchOrder", {"order_id": "nobody"}),
        ("unknown order", "PGOrderFetchPayments", {"order_id": "nobody"}),
    ):
        witness.call(step, method, **arguments)
    version = witness.version
    for step, stranger in (
        ("wrong secret", Witness(client, version, MERCHANT, "wrong")),
        ("wrong id", Witness(client, version, "nobody", SECRET)),
        ("wrong version", Witness(client, "1999-12-31", MERCHANT, SECRET)),
        ("no version", Witness(client, None, MERCHANT, SECRET)),
    ):
        stranger.call(step, "PGFetchLink", link_id="nobody")
    for fault in ("rate_limited", "error_500", "html_502"):
        control.post("faults", operation="fetch_link", fault=fault, times=1)
        witness.call(fault, "PGFetchLink", link_id="nobody")
    # The SDK lets a wrong amount through, so the refusal is the server's.
    request = link_request("wrong-amount")
    request.link_amount = 200.123
    witness.call("wrong amount", "PGCreateLink", create_link_request=request)


def old_version(client, link_id, order_id):
    """Before 2023-08-01 ids were numbers, which the models do not take."""
    old = Witness(client, "2022-09-01", MERCHANT, SECRET)
    old.call("old version", "PGFetchLink", link_id=link_id)
    old.call("old version", "PGFetchOrder", order_id=order_id)
    old.call("old version", "PGOrderFetchPayments", order_id=order_id)


def order_request(order_id):
    """An order of its own, without a link."""
    return models.CreateOrderRequest(
        order_id=order_id,
        order_amount=300.5,
        order_currency="INR",
        order_note="Invoice 8",
        order_expiry_time="2099-01-31T18:00:00+05:30",
        order_tags={"invoice": "8"},
        order_meta=models.OrderMeta(
            notify_url="https://merchant.example/webhooks",
            return_url="https://merchant.example/thanks",
            payment_methods="upi,cc,nb",
        ),
        customer_details=models.CustomerDetails(
            customer_id="customer8",
            customer_phone="9000000000",
            customer_email="asha@example.com",
            customer_name="Asha Rao",
        ),
    )


def orders(witness, control, order_id):
    """Orders without a link: one is terminated, the other one paid."""
    request = order_request(order_id)
    witness.call("order new", "PGCreateOrder", create_order_request=request)
    witness.call("order made", "PGFetchOrder", order_id=order_id)
    witness.call("order again", "PGCreateOrder", create_order_request=request)
    witness.call(
        "no payments yet", "PGOrderFetchPayments", order_id=order_id
    )
    witness.call(
        "terminate",
        "PGTerminateOrder",
        order_id=order_id,
        terminate_order_request=models.TerminateOrderRequest(
            order_status="TERMINATED"
        ),
    )
    request.order_id = order_id = f"{order_id}-2"
    witness.call("order", "PGCreateOrder", create_order_request=request)
    control.post(f"orders/{order_id}/pay", method="card")
    witness.call("order paid", "PGFetchOrder", order_id=order_id)
    witness.call(
        "payments of the order", "PGOrderFetchPayments", order_id=order_id
    )


def refunds(witness, control, order, unpaid, name):
    """Part of a payment goes back, then the rest, then too much."""
    order_id = order.order_id
    witness.call(
        "no refunds yet", "PGOrderFetchRefunds", order_id=order_id
    )

    def refund(step, number, amount, **more):
        request = models.OrderCreateRefundRequest(
            refund_id=f"{name}_{number}", refund_amount=amount, **more
        )
        witness.call(
            step,
            "PGOrderCreateRefund",
            order_id=order_id,
            order_create_refund_request=request,
        )

    # Late enough that it is pending for as long as a slow machine takes.
    control.post("settings", refund_success_after_ms=600_000)
    refund("refund", 1, 20.5, refund_note="Sent back", refund_speed="STANDARD")
    refund("refund again", 1, 20.5)
    refund("refund too much", 2, 40)
    refund("refund the rest", 3, 34.5)
    for step in ("refund begun", "refund done"):
        witness.call(
            step,
            "PGOrderFetchRefund",
            order_id=order_id,
            refund_id=f"{name}_1",
        )
        control.post("clock", advance_seconds=660)
    witness.call("all refunds", "PGOrderFetchRefunds", order_id=order_id)
    witness.call(
        "unpaid order",
        "PGOrderCreateRefund",
        order_id=unpaid.order_id,
        order_create_refund_request=models.OrderCreateRefundRequest(
            refund_id=f"{name}_4", refund_amount=1
        ),
    )
    witness.call(
        "unknown refund",
        "PGOrderFetchRefund",
        order_id=order_id,
        refund_id="nobody",
    )


def main():
    address, *versions = sys.argv[1:]
    client = send_to(f"{address}/pg")
    control = Control(address)
    for version in versions:
        say(step="begin", version=version)
        witness = Witness(client, version, MERCHANT, SECRET)
        link_id = f"sdk-{version}"
        unpaid, paid, _ = paid_link(witness, control, link_id)
        other_ends(witness, control, f"{link_id}-other")
        refusals(client, witness, control)
        old_version(client, link_id, paid.order_id)
        orders(witness, control, f"order-{version}")
        refunds(witness, control, paid, unpaid, version.replace("-", "_"))
    say(step="end")


if __name__ == "__main__":
    main()
