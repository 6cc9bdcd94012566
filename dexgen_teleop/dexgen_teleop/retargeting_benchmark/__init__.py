"""What `bench_retargeting` measures: recordings, generated pinches, figures, peers."""
