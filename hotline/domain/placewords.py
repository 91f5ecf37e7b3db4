"""The words that stand beside places in texts: numbers, signs that a place is meant, and what says that nothing happened there.

All are match keys: they are looked for in the words of a text's match key.
"""

import re

from hotline.domain.folding import match_key


def _keys(words: str) -> frozenset[str]:
    return frozenset(map(match_key, words.split()))


NUMBER_WORDS = {
    match_key(word): number
    for number, words in {
        "1": "one ek aik ایک هڪ ہک",
        "1h": "derh dedh derrh dairh ڈیڑھ ڏيڍ",
        "2": "two do دو ٻه",
        "2h": "dhai dhaai dhae adhai ڈھائی اڍائي",
        "3": "three teen tin تین تھری ٽي ٿري",
        "4": "four char chaar چار",
        "5": "five panch paanch پانچ پنج",
        "6": "six chay chey che چھ ڇهه",
        "7": "seven saat sat سات ست",
        "8": "eight aath ath آٹھ اٺ",
        "9": "nine nau نو",
        "10": "ten das dus دس ڏهه",
        "11": "gyarah gyara gayara گیارہ يارهن",
        "12": "barah bara بارہ",
        "13": "terah tera تیرہ",
        "14": "chaudah choda چودہ",
        "15": "pandrah pandra پندرہ پندرهن",
        "16": "solah sola سولہ",
        "89": "nawasi نواسی",
    }.items()
    for word in words.split()
}
"""Words → the number; an h stands for a half."""

AND_A_HALF = _keys("sarhe saray sade sadhe sarhay sare sarhy ساڑھے ساڑهے ساڍا")
NUMBER_SIGN = _keys("no num number nmbr nbr nmber numbr nambr nambar numb نمبر نمبرز نمبري")
BETWEEN = _keys("town colony coloni colny phase ph ٹاؤن کالونی")
"""Words between a place and its number: "shah faisal colony 3"."""

IN = _keys("me mein main mai may mn m pe par pr py p میں مین م پہ پر پے تي")
FROM = _keys("se sy say سے کان مان")
OF = _keys("ke k ki ka kay ky کے کی کا جي جو جا")
BESIDE = _keys(
    "pas paas samne samnay samny saamne qareeb qarib kareeb karib nazdeek nzdeek peeche pechay peechay andar ander bahar bahir baher bahr "
    "ilaqe ilaqay ilaqa kinare neeche nechay neche niche nichay neechay upar uper oper taraf side wali wale signal stop station pul gate "
    "پاس سامنے قریب نزدیک پیچھے اندر باہر علاقے علاقہ کنارے نیچے اوپر طرف سگنل اسٹاپ سٹاپ "
    "ويجهو ڀرسان سامهون ٻاهران ٻاهر اندر علائقي پويان هيٺان مٿان پاسي"
)
AFTER = _keys(
    "wala wale wali walay waly area side block blk sector town road chowk chowrangi station thana thane thanay police mor stop market "
    "bazar signal gali pul والے والی والا تک وٹ tak tk بلاک سیکٹر ٹاؤن روڈ چوک چورنگی تھانہ تھانے تھانا اسٹیشن سٹیشن موڑ اسٹاپ سٹاپ مارکیٹ "
    "بازار گلی پل سائیڈ وٽ واري وارو ڏانهن ويجهو ڀرسان ٿاڻو ٿاڻي"
)
BEFORE = _keys("at in near nr from frm to towards outside opp opposite behind between around thana ps via inside under تھانہ نزد قریب")
AT = _keys("at in near nr outside opp opposite behind inside under نزد قریب")
STATION = _keys("thana thane thanay thany ps تھانہ تھانے تھانا ٿاڻو ٿاڻي ٿاڻا")
"""Words for a police station, which is named for whose it is and not for what happened there."""

EVERYDAY = _keys(
    "se sy ki ko ka ke k ne na nai ho hai h tha thi the kal kl koi kya ab abi bhi b or aur sath saath police polis pulis palis chowki "
    "choki roza kam din raat rat lga laga gya gaya gai gaye kar kr krta pata pta us un is in jo wo ye hum hm main mera meri mere mra mri "
    "mre crying ranger clean pls plz سے کی کو کا کے نے نہ ہے تھا تھی تھے کل کوئی کیا اب بھی اور ساتھ پولیس چوکی دن رات "
    "لگا گیا گئی گئے کر پتا اس ان جو وہ یہ ہم میں میرا میری میرے"
)
"""Words that a name sounds like by accident: malik sath is not Malik Society."""

AFTER_DOER = _keys("ne نے")
"""Stands behind who did it. No name of a place begins with it."""

LIVES = re.compile(
    r"(?:\w{1,20} ){0,2}?(?:r[ae]?h?t[aeiy]{1,2}|r[ae]{0,2}hn[aeiy]{1,2}|r[ae]hayi?sh\w*|rahan\w*|"
    r"رہت[اےی]\w*|رہن[ےا]|رہائش\w*|رہن?د[وی]\w*|رہان)\b"
)
LEAVES = re.compile(
    r"(?:se|sy|say|سے|کان|مان) (?:\w+ )?"
    r"(?:a+|a+t[aeiy]+|a+rah?[aeiy]+|a+rh[aeiy]+|a+y[aei]*|a+n[aey]+|w[ae]p\w+|nik[ae]?l\w*|cha?l[aei]\w*|lot\w*|"
    r"آ|ات\w+|ار\w+|ائ\w+|ا|اتے|واپ\w+|نکل\w*|چل\w*|لوٹ\w*|موٹ\w*|موٽ\w*|اچ\w*|ایندی)\b"
)
GOES = re.compile(
    r"(?:(?:ki|کی) (?:taraf|trf|طرف)|tak|tk|تک|(?:k|ke|کے) (?:liye|lye|لیے|لئے)|ja+|ja+t[aeiy]+|ja+n[aeiy]+|ja+r\w+|"
    r"جا|جات\w+|جان\w+|جار\w+|ڈانہن|ڏانہن|تائین|ویندی)\b"
)
NOT_THERE = re.compile(r"(?:\w{1,2} )?(?:nai|nahi|nahin|nhi|نہیں|ناہی)\b")
"""What stands behind a place where nothing happened: somebody lives there, comes from there, goes there, or it is denied."""

NO_PLACE_OF_IT = re.compile(
    r"(?:\b(?:am|im|i m|are|is|family|basically|originally) from|"
    r"\b(?:live|lives|living|lived|resident|residents|reside) (?:in|at|of|near)|"
    r"\b(?:going|coming|way|towards|heading|bus|travelling|back|home|returning|return|came|went|drive|driving)(?: \w+)? (?:to|from|for)|"
    r"\btowards|\bfor)$"
)
"""The same, before a place in English."""
