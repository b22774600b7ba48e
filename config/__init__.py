"""What every room shares: settings, topics, wire records, metrics, policy and texts; knows no other room."""
