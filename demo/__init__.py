"""One machine: embedded servers, simulated gateways, BOSS and handsets."""
