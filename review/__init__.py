"""People decide on spam: cases, decisions, approvals, enforcement orders."""
