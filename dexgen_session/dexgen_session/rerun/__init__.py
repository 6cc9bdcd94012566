"""A recorded operator through the whole stack again, without threads or clocks."""
