"""Operators of ATen, to which torch's functions come down, that multiply no matrices and slide no windows of weights.

torch marks many as pointwise or as reductions; these are the others. What is in neither set, and has no formula in
torch's counter, makes a total partial.
"""

MOVING = frozenset(
    {
        *("_reshape_alias", "_reshape_copy", "_to_copy", "_unsafe_index", "_unsafe_view", "alias", "arange"),
        *("as_strided_scatter", "bernoulli", "bernoulli_", "cat", "channel_shuffle", "clone", "col2im"),
        *("constant_pad_nd", "contiguous", "copy", "copy_", "detach", "diag_embed", "diagonal_scatter", "embedding"),
        *("empty", "empty_like", "empty_permuted", "empty_strided", "eye", "fill", "fill_", "flip", "full"),
        *("full_like", "gather", "im2col", "index", "index_add", "index_copy", "index_fill", "index_put"),
        *("index_put_", "index_select", "lift_fresh", "lift_fresh_copy", "linspace", "masked_fill", "masked_fill_"),
        *("masked_scatter", "native_channel_shuffle", "new_empty", "new_empty_strided", "new_full", "new_ones"),
        *("new_zeros", "normal", "normal_", "ones", "ones_like", "pixel_shuffle", "pixel_unshuffle", "rand"),
        *("rand_like", "randint", "randn", "randn_like", "randperm", "reflection_pad1d", "reflection_pad2d"),
        *("reflection_pad3d", "repeat", "repeat_interleave", "replication_pad1d", "replication_pad2d"),
        *("replication_pad3d", "resize_", "roll", "rot90", "scalar_tensor", "scatter", "select_scatter"),
        *("slice_scatter", "stack", "tril", "tril_indices", "triu", "triu_indices", "unfold_backward", "uniform"),
        *("uniform_", "zero", "zero_", "zeros", "zeros_like"),
        *("unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes"),
    }
)
"""They make, fill, move or copy values, and compute none."""

WITHOUT_PRODUCTS = frozenset(
    {
        *("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "_fused_dropout", "_fused_rms_norm", "_log_softmax"),
        *("_native_batch_norm_legit", "_native_batch_norm_legit_functional", "_native_batch_norm_legit_no_training"),
        *("_prelu_kernel", "_safe_softmax", "_softmax", "_thnn_fused_gru_cell", "_thnn_fused_lstm_cell"),
        *("_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa", "_upsample_nearest_exact1d"),
        *("_upsample_nearest_exact2d", "_weight_norm_interface", "adaptive_avg_pool1d", "adaptive_max_pool2d"),
        *("adaptive_max_pool3d", "affine_grid_generator", "aminmax", "argsort", "avg_pool1d", "avg_pool2d"),
        *("avg_pool3d", "bucketize", "cummax", "cummin", "cumprod", "cumsum", "fractional_max_pool2d", "glu"),
        *("grid_sampler_2d", "grid_sampler_3d", "histc", "kthvalue", "linalg_vector_norm", "logcumsumexp"),
        *("logsumexp", "max", "max_pool2d_with_indices", "max_pool3d_with_indices", "max_unpool2d", "median", "min"),
        *("mode", "native_batch_norm", "native_dropout", "native_group_norm", "native_layer_norm", "norm"),
        *("rrelu_with_noise", "searchsorted", "sort", "std_mean", "topk", "upsample_bicubic2d"),
        *("upsample_bilinear2d", "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d"),
        *("upsample_nearest3d", "upsample_trilinear3d", "var_mean"),
    }
)
"""They compute: poolings, normalisations, interpolations, sorting."""
