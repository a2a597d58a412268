"""Training of the evidence model: from public question sets to the file that is shipped.

`python -m citespan.evals.training DATA_FOLDER WORK_FOLDER` runs the steps in order. Each step
stores its results in the work folder, and continues from them when it is run again.

prepare    examples in one schema, with hard negatives and held-out parts    (sources … preparation)
teach      the cross-encoder's score of each pair                            (teacher, weights)
train      the model with its six heads                                      (encoding … training)
export     int8 ONNX with its manifest                                       (export)
calibrate  probabilities of single passages, on one held-out part            (calibration)
decide     when an answer is given, on questions to a whole corpus           (decisions)
card       the evaluation card, measured on the other held-out part          (card)

The service never imports this package, and only here is torch imported at the top of a module.
`evals` imports two things from it: the articles that thresholds were chosen on, and the teacher as
a baseline.
"""
