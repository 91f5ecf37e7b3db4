"""The small words of languages that people in Karachi speak and that we do not write: Pashto, Balochi, Punjabi and Saraiki; and those of
Sindhi in Latin letters.

A word is here if it is common there and rare in Urdu, Sindhi and English as people text them. A word after a `+` tells more than one
language of the neighbourhood apart from ours, or is now and then another word of ours: it counts half.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from hotline.domain.folding import match_key

SURE, HALF = 2, 1
"""What a word counts."""

# Letters of one neighbour's alphabet that Urdu and Sindhi lack (Unicode 15, block Arabic), and Balochi's hamza that stands alone.
_OWN_LETTERS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "ps": re.compile("[ټځڅډړږښګڼېۍ]"),
        "bal": re.compile(r"(?<![\w\u064b-\u0655])ء[\u064e-\u0650]?(?!\w)"),
        "skr": re.compile("[ݙݨ]"),
    }
)

LETTERS = frozenset("ټځڅډړږښګڼېۍݙݨ")
HAMZA = " ء"
"""A text that has neither one of `LETTERS` nor this has no letter of a neighbour's."""


def letters_of(text: str) -> dict[str, int]:
    """Language → what a text's letters count for it."""
    return {code: SURE * len(found) for code, own in _OWN_LETTERS.items() if (found := own.findall(text))}


_ARABIC = {
    "ps": """
        زما ستا ستاسو مونږ موږ زمونږ زموږ تاسو هغه هغې هغوی دغه دلته هلته چیرته چرته څوک څه ولې وویل ویل کړی کړه وکړه وکړي کوي
        کوم کړل کړو شوی شول راغلی راغلل راغله راغی تللی تلی لاړ لاړه واخیست واخیستو اخیستی وهلی ووهل وهل نشته شته لرم لري لرو
        غواړم غواړی پرون بیګا مننه ورور وروره خاوند زوی پلار ښځه ماشوم ماشومان خپل خپله خپلې ورسره راسره ورته راته رانه ترې پسې
        ځکه څنګه کله نزدې سړی خلکو کسان یوه یوې دوه پنځه شپږ اووه اته شپه ماښام وروسته مخکې وشوه وشو زه یم راکړه ورکړه راکوي
        ورکوي خدایه مرسته وګوره ولاړ ناست کیږي وتښتېد وتښتیدل ټوپک تښتولی وژني وژل مړ ډزې وېرېږم ویره راځي ځي درته درځم لاسه نشم
        کولای پاتی نیولی ونیولو یوسی یوړو یووړ بوتلو بوتلی زموږه ټول ډېر ډیره لږ + وايي وی وهی پورې درې پیسی د می یی په چی مور
        خور کور لور به دی ده دا اوس سره نشي کولی
    """,
    "bal": """
        انت نهانت اتنت تئی شمئے وتی آوان گوں نوں پدا پدءَ اودا ادءَ ایدا لوگا مردم مردمان بچک جنک جنکو جنین جنینے روچ روچے شپا
        سہب زر بوتگ بیتگ کتگ کرتگ کنت کننت کنگا ئیت گشیت گشنت گوشیت گوشتگ جتگ جنگا جننت برتگ گپتگ گپت اتکگ آتک داتگ دات زرتگ
        زورت لوٹنت لوٹیت لوٹاں شتگ شت شتہ رَوت کپتگ نشتگ نیست نیستنت ہست ہستنت چے چیا کجا کجام ترا تراں منا شمارا براس برات ماس
        گہار دیم دیما دپ کش مئیگ وتارا پمن پمشکا انچش ہما ہمے اےوڑ یک یکے دوروچ اش یلہ درائیں مزن کسان گار انگت انگتہ مرچی باندا
        دوشی بیت کنئے دنت دینت دیت گورا نزیکا شماں ایشاں ایشانی آہاں آہانی ماہیگ ورگ وارت وپتگ ترسیت ترسیں گندیت گندگ رپتگ روگ
        رووگ آیگ کشتگ کُشت پرچا مزنیں کسانیں نوکیں ہمک لہتیں بازیں گسا گس چونیں زہگ جنکانی بچکاں + منی مئے بلے لوگ شپ کنگ چہ
        مارا پس مات پیریں چار واجہ پریات ایر
    """,
    "pa": """
        نوں مینوں تینوں سانوں تہانوں تواڈا تہاڈا تہاڈے تواڈے ساڈا ساڈے اوہنوں ایہنوں اوہدا اوہدی ایہدا ایہدی اونہاں ایہناں
        اوہناں ایہہ وچوں نیں ہیگا ہیگی کیہ کیویں کدوں جدوں کدے کتھے کتھوں ایتھے اوتھے کڑی کڑیاں منڈا منڈیاں پنڈ گلاں بندیاں فیر
        کھلوتا کھلوتے کھڑااے دسو دسیا دسدا آکھیا آکھدا آکھدے کہندا کہندے کہندیاں ویکھیا ویکھ ویکھدا لبھ لبھیا لبھدا پچھیا پچھدے
        جاندا جاندے آندا آندے کردا کردے کردیاں دیندا دیندے لیندا لیندے ماردا ماردے رہندے روندا روندی کھاندا کھاندے منگدا منگدے
        سکدا سکدے ہویا ہوئیاں گھلیا پھڑیا پھڑ چکیا چک سٹیا کڈھیا کڈھدا گڈی چنگا چنگے مگروں کولوں تیکر تکر تھلے اتوں بوہا بوہے
        نکا نکیاں پیئو تسیں تسی آلے آلا کوئنی لیااے مڑ مڑکے ہنے جیہڑا جیہڑے کیہڑا کیہڑی نیانے نیانا کٹیا کٹدا کٹدے نسیا لٹیا
        ٹریا آؤندا آؤندے جاؤندا پاؤندا لاؤندا ہندا ہندی چھیتی دیہاڑے بھجیا پھڑو لبھدی گوانڈھی گوانڈھیاں پچھوں ایناں ہوراں سانبھ
        پرا بھیناں دھیاں پتراں + وچ نئیں سن منڈے رہندا ہوندا ہوندی اسیں اے دا دے نال چ توں وی کیتا کیتی پتر بھرا اوہ ہن پیا پئی
        ایس اوس اج رہیا کجھ
    """,
    "skr": """
        میکوں تیکوں ساکوں تہاکوں اوکوں ایکوں انہاکوں میڈا میڈی تیڈا تیڈی تہاڈا اساڈا اساڈی تساڈا تساں تہاں کنوں کنے ڈتا ڈتی ڈتن
        ڈتم ڈتیاے ڈیندا ڈیندے ڈیکھ ڈیکھو ڈیکھدا ڈسو ڈسیا ڈسایم ڈیوو ڈیہنہ ڈینہہ ڈیہاڑے ڈوں ڈوہیں ترئے ونج ونجو ونجن ونجاں ونجے
        ونڄ ویندن ویسی ویساں آسن کریسی کریساں کریسوں کریندا کریندے کریندن تھیندا تھیندی تھیسی گھن گھنو گھندا گھندے گھدا گھدی
        آکھدن آکھے آدھے آدھن آکھیس مریندا مریندے مریندن کائنی کائنھی کینی کینہیں کوئنی کیتم کیتیئے کیتےنے سئیں سائیںجی ڈاڈھا
        ڈاڈھی چھوہر چھویر چھوہریں ہائی ہنپئے کیویںجو جیویں ایویں اوندا اوندی نہوے پووے ہووے ودا ودے کھڑن کتھاں اتھاں اتھائیں
        ہتھوں لہہ بئے بیا سڈیندا سڈیندے ڈسیندا ڈسیندے بھجیندے پچھدن منگدن آندن رہندن ہوسی تھیسن رکھیسن ویسن ڈیسن کریسن مریسن
        تھیوے ڈیوے گھنے اساکوں اپݨا اپنڑا پانڑی کھانڑا ہنڑ کڈاں کڈن جڈاں تڈاں اڈاں ولا وت کیندا جیندا بہوں ڈاڈا نینگر نینگری
        جاتک ڈکھ ڈیکھیں ڈیکھن ڈیندن ڈیساں آکھیم ہتھیں راتیں ڈوجھا ڈوجھے ہکا ہکڑا ترائے اتھوں تیڈوں میڈوں بھیݨ بھینڑ مونجھے نکھڑ
        گولیندے گولیا ڈھگی جھڳی + کوں ویندا ویندے آدھا ایندا ایندی پن ہا ول اچ تھی تھئے گئےہن اساں کیتا کیتی کہیں بھرا دھی پتر
        نال وی توں ہن دا دے اے ہک پئے گول
    """,
}

_LATIN = {
    "ps": """
        zma zama sta staso mung munga zamung tasu taso hagha haghe dagha dalta halta cherta charta chirta sok tsok ways wayi
        wayee owayal wowayal kawi kawee kram krm krra okra oka okro okre shway shwe shawe shwal raghle raghlal raghlo raghe
        raghai raghlay tlale tlalay wakhist wakhistal wakhisto akhista wahal wahale wahay nishta nashta shta laram lari ghwaram
        ghwari parun begah begaa manana warora wror ror khawand zoy zoye zuwe plar khaza maashoman mashuman khpal khpala khpale
        wrsara warsara rasara rata warta ranata tre pase zaka sanga kasan khalak dwa dre pinza spag shpa sahar makham nazde
        rakra waka warka wrka pkhair khudaya khudaey charsada zan yam dakhawand che chi hallakan jeny jenay kege kegi prezda
        uwaya owaya zmung zamoong mata tata hagwi haghoy haghwi wraz wrazo nanan tapos wako wakay wakre shwa yarigam yaregam
        weregam topak wishtale wishto takhtedal botlo botlay niwale oniwo onewa pateshwe razi razee derta darta kawalay kwalay
        pashto pukhto pakhto nasham nashi dazay daze + wai wahi rana pore sari peda sara os hallak za da de ta ba pa mo kor khor
        mor dai nu aw ao lor las mre botle deera
    """,
    "bal": """
        tayi wati wti maroochi maroche roch rocha roche shap shapa loga loge logay mardum janik jinik jink bachak janen braas
        gwasht gwashit gusht gushit gushant gwashant kanag kutag kurtag kut kotag kant kanant butag bitag botag burtag bortag
        gipt giptag aatka atkag atkagant shutag shut shuta jatag jant datag zurt zurtag nest nist nestent hastant inth int ent
        ant pada chia kujam kuja shumara goon bale balay edha oda odha nun hamuk hamok ahun haun demaa lotit lotant paryat doshi
        angat angath kanin kanay dant dint bebit rawt rowt rawant kayt kayet kayant wart gwara nazika ishan ahani gisa lahten
        bazen mazanen kasanen chonen nakant torsit torsan kushta kushtag kushtagant tupak jantag gushtag gwashtag zahg zahgan
        perchi nayatka nayatkag wapta waptag neshta neshtag darkapt dapa + mani mni tai baraat gosht daat maara tara noon man
        may chi cha zar pit maat ma ta parcha
    """,
    "pa": """
        mainu mainoo minu tenu tainu tenoo saanu sanoo tuhanu tuanu tuhada tuhade tuhadi tuadda twada twade twadi saade ohnu
        ohnoo onu ohna ohda ohdi ohde ehda ehdi ehde enu ehnu wich vichon vicho chon naisi nu kehnda kehnde kehndi kenda kende
        kendi jaanda jaande jaandi aanda aande aandi karda karde krda krde denda dende dendi lenda lende lendi marda marde mardi
        rehnda rehnde rehndi ronda rondi hundi hunda hunde khanda mangda mangde sakda sakde hoya hoyi kithe kitho kithon ethe
        etho othe otho kadon jadon kiwen kinj munda munde mundya mundeya kudi kuri kudiyan pind gallan gappan dasso dassya dasda
        vekhya vekh labh labhya labda puchya khoh khoya khalota khaloti khlota phadya pharya fer chukya chuk changa changay
        changi puttar puttr peya boha boohe magron kolon tikar thalle tussi tuci asin paaji bhraji ditta diti kitta kiti keeta
        keeti hega haiga hegi haige hege aunda aundi aunde kuj kujh jehra jehre jehri jedi jeda keda kehra kehri kehre kihda
        ehna hunne chheti vichari pra nikka nikki niyana nyane wadda waddi wadde kutya kutde marya nassya nass turya turgya tur
        lutya tuhanoo thanedarr chakya vekho vekhde pichon ghron gharon kolo raatin dehare gawandi guandi + menu sada saadi
        kardi krdi honda paya gaddi assi assan da di de te vi ae ton nal si san ohh hun jutti aale ala aw aj
    """,
    "skr": """
        mekon mekun mekoo maikon maiku meku tekon tekun teku taikon sakon sakun tuhakon okon okun meda medi mede maida maidi
        mayday teda tedi tede taida taidi tuhada asada asadi asade tusan konu kanu dita dittay dittan denda dihn denh dehnh
        dihare trae wanj wanjo wanjan wanja wanje venda vende vendi weinda vesan kresi kresun kresan krenda krende krendi
        karenda karende thenda thendi thisi ghin ghingae ghinde akhdin akhday akhdan ahda ahde adhay marenda marende kaini kaeni
        koeni sain saeen daadha chohar chohir ondi onda onde enda endi ende howay kithan ithan uthan joai kadan jadan tadan hunr
        walda waldi hosi thisan desan krisan vanjay deve thive thivay ghinnan bahun asaku asakun tuhaku tuhakun tahakun menda
        mende mendi tenda tendi tende ahden ahdan denden dendan venden vendan krenden krendan marendan rahndan aakhan akhin
        akhyus dittus ditam kitam keetam kitus dasum desso disso nengar nengri trai dinhan + kon kun dekh doon wesi aasi aasan
        aadha hik wal wat ich vich hin ham ae te da di de nal bhira dhee dhi putr
    """,
    "sd": """
        aahe aahin aahyan aahiyan aahyo ahiyo konhe kona konahe koni munhnjo munhnji munhnja munjho munjo munji munja muhnjo
        muhnji muhinjo muhinji muhnje tunhnjo tunhnji tunjo tunji tuhnjo tuhnji tunhnjey asanjo asanji asanja tawhan tawhanjo
        tawhanji tohan tohanjo tawahan awhan pahnjo pahnji panhnjo panhnji pahnja penhnjo hunjo hunji mukhe mukhy mokhe tokhe
        tokhy hunkhe asankhe khe manjh meinjo thia thyo thiyo thiya thayo thaya thindo thindi theendo wayo wyo waya waee wendo
        wendi wya kayo kayun kyo kaya kandas kando kandi kndo kayain kayam chyo chayo chayain chyain chyaen chwe chawe chwan
        chawan chwn ditho dithi dithas dinho dinhi deo dyo diyo dyan likhyo moklyo mokleo aayo aayas budhayo budhayan bdhayo
        galh galhaye galhayo hik hikro hikri hekro chokro chokra chokri chokriyun dinh dihn deenhn subhane sumhar sumar achar
        achan achjo achjan acho ach wanjo wanjan wanji taan tain taen wari waro wara waran wathi wathan wathyo watho warto
        wartum kjo kajo karyo karyan kariyan ketro ketra kithe hite hute jite kadhn kadhen jadhn jadhen cho chhokana porhyo
        porhi bhau bhaa bhen putts khanyo khaniya huyo huyi hyo huas hus ghurayo ghurje maran saan beetho vetho bitho pyo piyo
        peyo payo rahyo rahyal mahnu manhu maarhu ajan kenh kehn jenh jehn tenh hunan hunkhe dekharyo kadho kadhyo vijho vijhi
        likhan budhan achey thyun wyun wyas wyum + nahe kone khy tho wai dino budhi ba bahar subhan kre chha adda putt khani
        paisa sahi ja ji je ta ma maan sa hu huo hun hani hane poe poi ain aen ainh bi kha kan
    """,
}


def _counts(listed: Mapping[str, str], key: Callable[[str], str]) -> Mapping[str, Mapping[str, int]]:
    """Word as it is looked up → language → what the word counts for it."""
    found: dict[str, dict[str, int]] = {}
    for code, written in listed.items():
        sure, _, half = written.partition("+")
        for words, count in ((half, HALF), (sure, SURE)):
            for word in words.split():
                found.setdefault(key(word), {})[code] = count
    return found


_DOUBLED = re.compile(r"([a-z])\1+")
_ALIKE = str.maketrans("wy", "vi")


def _lightly(word: str) -> str:
    """A word without what people choose freely in Latin letters: doubled letters, w or v, i or y."""
    return _DOUBLED.sub(r"\1", word.translate(_ALIKE))


ARABIC = _counts(_ARABIC, match_key)
"""By match key."""

_BY_SPELLING = _counts(_LATIN, _lightly)


def latin(word: str) -> Mapping[str, int]:
    """Language → what a word in Latin letters counts for it."""
    return _BY_SPELLING.get(_lightly(word), {})
