"""`symderive cost package.module:Model --input …`: the table of a torch model; mistakes are one sentence."""

from tests.test_cli_questions import complained, printed

RESNET = "tests.imports.models_convolutions:ResNet"
LANGUAGE = "tests.imports.models_sequences:Language"


def test_a_torch_model_in_symbols_and_in_numbers(capsys):
    out = printed(capsys, "cost", RESNET, "--input", "B,3,H,W", "--levels", "1", "B=1", "H=224", "W=224")
    assert "The input of ResNet is 1×3×224×224, its output 1×1,000." in out
    assert "525,568  411,041,792  22.7 %" in out
    assert "= 1,814,073,344" in out
    out = printed(capsys, "cost", LANGUAGE, "--input", "x=B,T:integer")
    assert "MACs       = 96 · B · T² + 16,152 · B · T" in out
    assert "parameters = 19,896" in out


def test_a_torch_model_with_symbols_for_its_numbers(capsys):
    named = ("--symbols", "head.out_features=V", "--symbols", "positions.num_embeddings=C,blocks.length=L")
    out = printed(capsys, "cost", LANGUAGE, "--input", "x=B,T:integer", *named, "V=97", "C=128", "L=2")
    assert "MACs       = 48 · B · T² · L + 6,912 · B · T · L + 24 · B · T · V" in out
    assert "= 96 · B · T² + 16,152 · B · T" in out
    assert "= 19,896" in out
    said = complained(capsys, "cost", LANGUAGE, "--input", "x=B,T:integer", "--symbols", "head")
    assert '--symbols: "head" is no place with a name; write for example' in said
    assert "and the subject is none" in complained(capsys, "cost", "conv2d", "--symbols", "a.b=c")


def test_mistakes_about_a_torch_model(capsys):
    said = complained(capsys, "cost", LANGUAGE)
    assert 'no input is given; write its sizes, as in input="B,3,H,W"' in said
    assert "unexpected argument" in complained(capsys, "cost", LANGUAGE, "--input", "B,T", "--kernel", "3")
    assert "there is no Q; give some of B, T" in complained(
        capsys, "cost", LANGUAGE, "--input", "B,T:integer", "Q=3"
    )
    assert 'has no ResNe; did you mean "ResNet"?' in complained(
        capsys, "cost", RESNET.removesuffix("t"), "--input", "B,3,H,W"
    )
    assert "give one input" in complained(
        capsys, "cost", "conv", "--input", "12x12x3", "--input", "12x12x3", "--output", "8x8x256"
    )


def test_what_torch_says_is_in_the_sizes_of_the_user(capsys):
    said = complained(capsys, "cost", "tests.imports.models_wrong:Read", "--input", "B,T")
    assert "a linear layer reads 7 entries, and is given T." in said
    said = complained(capsys, "cost", "tests.imports.models_wrong:Fixed", "--input", "B,T")
    assert "[5, T] X [5, 3] (in this run B is 5)." in said
    said = complained(capsys, "cost", "tests.imports.models_wrong:Refuses", "--input", "B,T")
    assert "expected 768 features, got T." in said


def test_a_name_that_is_not_there_says_what_there_is(capsys):
    said = complained(capsys, "cost", "tests.imports.models_wrong:qqq", "--input", "B,T")
    assert "tests.imports.models_wrong has no qqq; it defines Read, Fixed, Refuses: name one of them." in said
    said = complained(capsys, "cost", "tests.imports.models_wrong:Read.qqq", "--input", "B,T")
    assert "Read has no qqq; tests.imports.models_wrong.Read defines no model and no function" in said
