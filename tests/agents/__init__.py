"""Tests of the stream agents with a Faust app that is not connected."""
