"""The Biopsia service: histology image in, calibrated and explained result out."""
