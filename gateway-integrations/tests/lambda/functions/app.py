import json
import logging
import os
import sys
import time
from decimal import Decimal

STARTED = {"calls": 0}
logging.getLogger().setLevel(logging.INFO)


def lambda_handler(event, context):
    STARTED["calls"] += 1
    logging.info("called with %s", event)
    return {
        "event": event,
        "calls": STARTED["calls"],
        "left": context.get_remaining_time_in_millis(),
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "arn": context.invoked_function_arn,
        "request": context.aws_request_id,
        "group": context.log_group_name,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
    }


def failing(event, context):
    raise ValueError(f"no {event['what']}")


def decimal(event, context):
    return {"price": Decimal("1.5")}


def opaque(event, context):
    return {"what": object()}


def slow(event, context):
    time.sleep(1000)


def leaving(event, context):
    sys.exit(4)


def layered(event, context):
    import shared

    return shared.GREETING


def unicode(event, context):
    return {"text": event["text"] + "\u2713"}
