"""How many threads the linear algebra of this process may use."""

from threadpoolctl import threadpool_info

__all__ = ["threads_of_linear_algebra"]


def threads_of_linear_algebra() -> list[int]:
    """Threads of each library that can have several: some solvers bring one that was built with a single thread."""
    libraries = [one for one in threadpool_info() if one["user_api"] == "blas"]
    return [one["num_threads"] for one in libraries if one.get("threading_layer") != "disabled"]
