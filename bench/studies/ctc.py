#!/usr/bin/env python3
"""PyTorch's CTCLoss on one thread, for bench/studies/ctc.js: reads a line `T U C B REPEATS`, answers with the milliseconds of one loss with its
gradient, log-softmax included, of the processor.
"""
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import torch

torch.set_num_threads(1)
criterion = torch.nn.CTCLoss()
print(torch.__version__, flush=True)
for line in sys.stdin:
    T, U, C, B, repeats = map(int, line.split())
    torch.manual_seed(1)
    logits = torch.randn(T, B, C, requires_grad=True)
    labels = torch.randint(1, C, (B, U))
    steps, lengths = torch.full((B,), T), torch.full((B,), U)
    start = time.process_time()
    for _ in range(repeats):
        logits.grad = None
        criterion(logits.log_softmax(2), labels, steps, lengths).backward()
    print(1000 * (time.process_time() - start) / repeats, flush=True)
