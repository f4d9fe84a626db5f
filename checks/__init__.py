"""Expectation suites built from the declarations and the vocabulary, run on the frames of a batch; quarantine; Data Docs."""
