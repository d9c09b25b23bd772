"""Making payments older than they are, ids included: these begin with the instant, and partitions go by them."""

_HEX = "replace(transaction_id::text, '-', '')"
_MS = f"('x' || substr({_HEX}, 1, 12))::bit(48)::bigint - 864000000"

TEN_DAYS_AGO = (
    f"transaction_id = (lpad(to_hex({_MS}), 12, '0') || substr({_HEX}, 13))::uuid, "
    "checked_at = checked_at - interval '10 days'"
)
"""For the SET of an UPDATE of transactions."""
