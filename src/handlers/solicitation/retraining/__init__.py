"""The steps of retraining: what to learn from, the contest of two models, and the change from one to the other."""
