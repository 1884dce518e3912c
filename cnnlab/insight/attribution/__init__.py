"""Why a network gives this answer: maps of the image, each beside the same map of random weights."""

from cnnlab.insight.attribution.grad_cam import grad_cam
from cnnlab.insight.attribution.gradients import integrated_gradients, saliency
from cnnlab.insight.attribution.occlusion import occlusion
from cnnlab.insight.attribution.result import Attribution

__all__ = ["Attribution", "grad_cam", "integrated_gradients", "occlusion", "saliency"]
