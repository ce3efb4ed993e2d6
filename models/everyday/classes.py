"""The classes of the model and the WordNet ids of Tiny ImageNet that each of them is made of.

A class is listed when people are likely to point a camera at such a thing and when 64 pixels are enough to tell it from
its neighbours. Kinds that only an expert tells apart at this size are one class (six breeds of dogs, four kinds of
cars). Ids that are absent here (small tools, garments, parts of buildings, and what the network confuses most on training
images, such as snakes and umbrellas) are shown in training as images of no class, so that the model answers them with low
confidence.
"""

TABLE = """
goldfish: n01443537
salamander: n01629819
frog: n01641577 n01644900
alligator: n01698640
spider: n01774384 n01774750
bird: n01855672 n02002724 n02058221
penguin: n02056570
koala: n01882714
jellyfish: n01910747
coral: n01917289 n09256479
snail: n01944390 n01945685
lobster: n01983481 n01984695
dog: n02085620 n02094433 n02099601 n02099712 n02106662 n02113799
cat: n02123045 n02123394 n02124075
scorpion: n01770393
lion: n02129165
bear: n02132136
ladybug: n02165456
bee: n02206856
grasshopper: n02226429
cockroach: n02233338
dragonfly: n02268443
butterfly: n02279972 n02281406
guinea pig: n02364673
cow or bison: n02403003 n02410509
sheep: n02415577
gazelle: n02423022
camel: n02437312
monkey or ape: n02480495 n02481823 n02486410
elephant: n02504458
red panda: n02509815
car: n02814533 n03100240 n03670208 n04285008
van: n03796401 n03977966
bus: n04146614 n04487081
train: n02917067 n03393912
tractor: n04465501
go-kart: n03444034
boat: n03447447 n03662601
rickshaw: n03599486
lawn mower: n03649909
rocket: n04008634
crane: n03126707
barn: n02793495
lighthouse: n02814860
water tower: n04562935
thatched roof: n04417672
obelisk: n03837869
arch: n04486054
bridge: n04311004 n04366367 n04532670
fence: n03930313
birdhouse: n02843684
pay phone: n03902125
scoreboard: n04149813
mountain: n09193705
cliff: n09246464 n03042490
lake: n09332890
beach: n09428293
shop: n02927161 n03089624
altar: n02699494
pipe organ: n03854065
abacus: n02666196
backpack: n02769748
ball game: n02802426 n04540053 n04118538
bathtub: n02808440
bottle: n02823428 n03937543 n03983396 n04560804
candle: n02948072
cash machine: n02977058
Christmas stocking: n03026506
keyboard: n03085013
table: n03179701 n03201208
pan: n03400231 n04596742
hourglass: n03544143
music player: n03584254
kimono: n03617480
lamp: n03637318
compass: n03706229
stopwatch: n04328186
sombrero: n04259630
sandal: n04133789
sunglasses: n04356056
swimwear: n02837789 n04371430
teapot: n04398044
refrigerator: n04070727
remote control: n04074963
rocking chair: n04099969
sewing machine: n04179913
snorkel: n04251144
comic book: n06596364
plate of food: n07579787 n07711569 n07871810 n07583066 n07875152
pretzel: n07695742
pizza: n07873807
cauliflower: n07715103
bell pepper: n07720875
mushroom: n07734744
orange: n07747607
lemon: n07749582
banana: n07753592
pomegranate: n07768694
coffee: n07920052
acorn: n12267677
"""

CLASSES = {name: ids.split() for name, ids in (line.split(": ") for line in TABLE.strip().splitlines())}
LABELS = list(CLASSES)


def groups(ids):
    """The number of the class for each WordNet id, -1 where it belongs to none."""
    of_id = {wnid: number for number, wnids in enumerate(CLASSES.values()) for wnid in wnids}
    unknown = of_id.keys() - set(ids)
    if unknown:
        raise ValueError(f"the table names ids that the data set lacks: {sorted(unknown)}")
    return [of_id.get(wnid, -1) for wnid in ids]
