"""Operations that are known and not counted, and why."""

from __future__ import annotations

from collections.abc import Mapping

from symderive.imports.reasons import (
    BAGS,
    FACTORED,
    FOURIER,
    ITERATED,
    SEARCH,
    SERIES,
    SMOOTHED,
)

_WHY: Mapping[str, tuple[str, ...]] = {
    SEARCH: (
        "topk", "sort", "median", "nanmedian", "kthvalue", "mode", "unique_dim", "_unique2", "searchsorted",
        "bucketize", "histc", "histogram", "isin", "unique_consecutive", "_unique",
    ),
    FOURIER: ("_fft_r2c", "_fft_c2r", "_fft_c2c"),
    FACTORED: (
        "linalg_inv_ex", "cholesky", "linalg_ldl_solve", "_linalg_det", "_linalg_slogdet",
        "linalg_cholesky_ex", "linalg_lu", "linalg_lu_factor_ex", "linalg_lu_solve", "linalg_qr",
        "_linalg_solve_ex", "linalg_solve_triangular", "cholesky_solve", "cholesky_inverse",
        "linalg_ldl_factor_ex", "linalg_householder_product", "linalg_lstsq", "triangular_solve", "geqrf",
        "ormqr",
    ),
    ITERATED: ("_linalg_eigh", "linalg_eig", "_linalg_eigvals", "_linalg_svd", "linalg_pinv"),
    SERIES: ("linalg_matrix_exp",),
    BAGS: ("_embedding_bag", "_embedding_bag_forward_only", "segment_reduce"),
    SMOOTHED: ("_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_lanczos2d_aa"),
}  # fmt: skip
REASONS: Mapping[str, str] = {name: why for why, names in _WHY.items() for name in names}
"""Why an operation is not counted, in the words of `symderive.imports.reasons`."""
