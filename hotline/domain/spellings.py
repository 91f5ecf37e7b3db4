"""Spellings that tell English from the rest. Made by `hotline/learning/spellings.py`: change nothing by hand."""

ENGLISH = 16
"""What a word counts that is in the list of English words."""

ROMAN = -9
"""What a word counts that is in the list of Roman words."""

# Weight → groups of letters; an underscore is the edge of a word. Weights above nothing are for English.
_GROUPS = {
    -18: """
        pas_
    """,
    -16: """
        _b_
    """,
    -15: """
        _di_ aye_ baat
    """,
    -14: """
        _de_ _h_ rast
    """,
    -13: """
        _ab_ _ana _ho_ _lag bith gya_ haan ila_ thi_
    """,
    -12: """
        _ol _old aith ale_ bole hain hon_ hum_ je_ khol meri naam ocha
    """,
    -11: """
        _le_ _se_ _way aha_ bech gaye hath hota jat kch_ rakh wai_ yo_
    """,
    -10: """
        _ach _ai _aya _bj _bn _diy _dun _gai _hm _jat _ka_ _kag _rh _rok _rot abi_ atay aur_ chy_ ecke ega_ ene_ gai_ hay_ hoti kaha kia_
        kte lta_ mint nche subh ubh waha wohi yan_
    """,
    -9: """
        _aag _aan _aj_ _ayi _bje _dia _dik _ga_ _ghr _gum _gy_ _hn _hn_ _hon _jo_ _khr _ki_ _kis _koi _kr _kr_ _krn _len _lo_ _ned _p_
        _te_ _tum _woh _ya_ ada_ ata_ atan ayo_ baar bat_ bi_ bje_ chup gari ghr_ gt hala hola kaat kag khri koi koi_ krn laga lek mahi
        mare mat mjh nta_ oi_ paka rke_ rna_ sab_ sath sta_ ste_ tum usk wahi woh
    """,
    -8: """
        _ai_ _apn _bnd _chh _ek _ek_ _g_ _hen _hma _hog _hui _ja_ _jab _jal _jao _maa _mat _mr _naq _phr _pi_ _rak _rha _saa _si_ _tk _tk_
        _tor _tra _usk _ut _yad aeen aen aen_ ahin akha akte alek amne apn aro_ arz asl bana bnd bolo broo chaw chot cht chta cky_ dabb
        dala dik dikh dos eef_ ehle ehti ekh fte_ garm gay_ gor gy gy_ haz_ hiy hmar hog hta_ hui hui_ ian_ ikla ilay ines isi_ iye iye_
        jal jao jh_ kaam kagh khai khat khel khoo kla kla_ kr_ kte_ ldi_ leta lgi lis_ mara mene mne mne_ nam_ naq ncha nde_ nte_ oka_
        olis pakr phr phr_ raha reh_ rha_ samn sat seth tro_ ua_ unki walo waza
    """,
    -7: """
        _aaj _ac _ap_ _ata _ate _ati _bc _bch _biv _bta _bud _dhu _duk _ee _ghu _guz _gy _har _hua _hue _jeb _jis _k_ _kah _lgi _m_ _mra
        _new _paa _pe_ _pr_ _rhi _sr _srk _ya _ze aage aaj aaj_ aap aap_ adal adha agay agt ahah ahir ahiy ailo alo_ alti ammi amre anda
        anp anta apna arb arz_ asla ayeg baal bada bahi bali bch bhag bhej bhi_ biv bivi bnda bori bta bud budh bula chac chad chay chyo
        dena dete dhar dhu dinh duk duka eec eech eent ein ein_ ek elm eth eth_ ga_ gadi gaz_ ghu guz haam hac hach hadi hama hart hej
        helm hin_ hine hj hoga hoki hua hue hue_ huna hup_ ikh_ ikhw irf irf_ ivi_ iyo jan_ jao_ jeb jeb_ jis jl jora ka_ kam_ karo kart
        kiy kl_ kone laal lama lgi_ mat_ mera ml mukh neec oba ocks oga oga_ okid ona_ oota oya oya_ oza paa paas pair pna pna_ pr_ pta qt
        rahe rat_ raya roka roti rwaz rz_ saa seed sirf ske_ soor srk srka taye thy tum_ ubha udh ukan unh uno uno_ usi_ uske usko uta vy
        waya yeg yon_ zab zaf zda_
    """,
    -6: """
        _aay _adh _ag_ _agl _aja _ami _ao _ap _asa _aur _ay _bad _bee _bna _cln _dab _daf _dek _den _det _dit _dob _dos _gaa _gaw _ge_
        _gho _gin _gye _ham _hu_ _id _ink _ish _isi _je_ _joo _ken _kir _krd _kre _kro _kuc _lar _let _log _loh _nai _pas _pes _rik _ron
        _sas _sot _tin _tot _unh _unk _upa _us_ _usi _ust _utr _wad _wap _yaa _yar _zew aak aali aana aata aay abe abr_ ac_ adad agaz agl
        ahy airi akan akk akka alat ale amee ands angw anst aon aon_ apre araf arhi arm asa asal ast_ asu atam atl atri aty aun_ awah awai
        awam babu bach badl bee beth bh_ bha_ bhal bhan bhau bil_ bill bna bna_ boha boul bs btao bu_ chaa chat che_ chli cho_ chrn cln
        clny clon cric daf dair darw dek det deta dher die dit dith dob doba dono dr_ dun_ dung dusr dya ean_ east echa eck_ eekh eerh ef_
        ehe eht ekh_ ens_ erse fail fron gaa gala gaw gawa ghal gira giri gla_ gle_ gli gta gta_ hady hae haft hag hag_ hak_ halu hau_
        helt hik hik_ hisa hn_ hnc hnch hoh hoon hopp hor_ hre_ hrn hrng hte hte_ hua_ huka hula hupp hus_ hush hwan hyo hyo_ icha ida_
        iha ikhi iks iksh ili_ inch indi ini_ iray irg isab iscu ithe jald jata jho jis_ jo_ joo jume juta kaga kama karn kata khn khus
        ki_ kin_ kis_ kisi kli_ kon_ kona krd krde kt_ kuc kuch lagi lagt lai_ lak_ lao lao_ lar lash leak len lena liye log_ loh loot
        mah_ masl matc mnt_ moba nai_ ndhe nech ngw ngwa nkh_ nm ntay obai obar oco ogy oni ono ono_ oos ooth ounc pari pehn pes poch pre_
        qada qt_ riks rine rish rna rok_ ront roor rota rwa_ sa_ saat sada sag sas shoh sla_ sot spen sui_ sura taar tad_ tam_ tana thai
        thay thee tl_ toot tore tot tri_ tumh twa_ ubh_ ubi uit_ ujh_ uk_ ula_ upar ush_ utr wale wap wat_ yad zew zewa zr
    """,
    -5: """
        _aai _aak _aao _aap _aat _abi _adm _ae _ae_ _afs _ah _ahe _ahy _aik _aj _ake _alm _ama _aye _ban _bhi _bho _bht _bi_ _big _bk _bla
        _boo _chl _chw _daa _di _din _dua _dy _gae _gah _gao _ghe _gud _haf _hal _hat _hm_ _il _jag _jan _jaw _jes _jho _kil _kiy _kj _kru
        _krw _lao _lge _li_ _lnd _lr _lu _ly_ _mh _mn _mnt _mul _ni_ _nik _pa_ _pac _pe _phe _pil _prt _rah _rf _rhe _ro_ _ru _ruk _rup
        _sal _sat _sp_ _suk _taw _thy _uta _uth _waj _wrn _x _yeh _zeh _zia _zm _zme aaf aaf_ aai aai_ aakh aal_ aalo aani aao aao_ aara
        aas_ aati abu_ acho achy adl adla admi afai afta agan ager aghw agla agte ahb_ ahe_ aida aik_ aike aikl ain_ aise ajan ajh akel
        akti aliy aly_ amaj amat amaz angn angt anp_ ant_ anya apa_ apis apni aram aren arne aros ars_ arso asur athe ats awaz ayan ayen
        b_ baap balc ball batt baya bcha bet bete bho bhoo bht bht_ big bk bla bnd_ boho brs bta_ btay chab chah cheh cheq chw cony cro
        daal dafa daft dali dee dekh dem dene dil_ din_ diy diye dka dla dmi dmi_ dna dood dost dua dua_ dun echt echy edar eend ees_ ehen
        ehi_ ehn_ ehna ehte ekha ele_ eli eli_ elo elte en_ eni_ epor era ese_ eti_ ewar faid foot form fta ftar gae gae_ gah gao gaon
        gayb gaz gc gch gchi gers gli_ gr_ gte gte_ gud gund gut gutk gye gye_ hae_ hagi hakk hame hane hanj hao hao_ hast hate hb_ hc heh
        hehr hel_ hele hen heq hequ heth hhok hiss hjo hjo_ hle hle_ hm_ hnj hogy hol_ horn hosh hu_ huk hupa hw hwa_ hz ikhn ikl ikl_
        ikli ilde ileg ilo_ ingc inka issa itn itna iyan iyon ja_ jag jaga jate jaw jawa jes jhan jhoo jumm kabh kad kar_ kard kaun kchr
        keht kel kese kha_ khab khe khe_ khir khne khti khul kil kilo kina kiya kj kkar kna koo kre krna kru krun krw krwa kul_ kur lag_
        lark lia_ likh lla_ lmar lnd lndh log lon_ lows lti lti_ maa majh maka mard maz_ met_ mnt mr muh_ mul munh nai nakh nang nare nash
        nay_ nci ndr_ neg ngc ngch ngn ngt nic_ nik nja_ nko nko_ noc np_ nya oce ocho ocht oho ohot oki oola ooli oph oppi orm orm_ otp
        pac pack papa parh patl pe_ peec pha phar pil pila pis_ pne pni pni_ prt putt qam qs radi raf_ rage rane rase rat rce rds rds_
        repo rict rkh rki_ rne_ rone rosa rosh rri_ rso rso_ rte_ rup saan saas sahb saik sasu sher slan sme_ sona soo sra_ sri sri_ ssin
        suk suna sune suno sunt tala tang tare taw tay_ tb thap thi thya tij tir tire tka tm_ tna tna_ tola tor_ tt_ udha ule ulti ungi
        uns unta utar uter utha utk utri wapi waro waz wesa wrn wrna wy yad_ yal_ yegi yeh yehi yen ype yus zak_ zam zaro zeem zeh zme
        zmee
    """,
    -4: """
        _aah _ab _ahi _ame _ao_ _apk _asl _bah _baq _bar _bhe _bhn _bij _bil _bim _boh _bs _bs_ _bv _bv_ _cat _dih _dil _doc _eng _ext
        _fak _fas _fon _fre _gam _ghn _hai _haw _hik _hoa _hor _huo _hz _hza _ik _im _inc _ins _ir _itt _jar _jb _jb_ _jee _jl _jld _kap
        _kes _khe _kl_ _ko_ _kon _krl _krt _kyu _lek _lg _lia _lrk _lye _mag _me_ _mer _mj _mjh _ml _mok _nec _nm _nmb _pad _pag _pd _pdo
        _phn _pk _pli _pt _pta _qar _qi _qis _rat _rfi _rk _rkh _sa_ _se _sil _sim _sk _st_ _sun _sy _t_ _tez _top _typ _ub _uba _ung _up_
        _us _vy _wag _wal _war _wel _wir _zer aab_ aah aahe aal aank aazi abay ache acks ader adh ads ae aeg afa afa_ afi afs agat agr_
        agta agy ahak ahe ahez ahr_ aik aiy ako al_ alg alle amad aman amb ami_ anag ane_ ans_ apk apne app_ aq_ aqt aqt_ arab ariy arn
        arna aro asee asli asta atk atka atl_ atm_ aur avi awab awk aya_ ayb ayb_ ayus azaq azr band bani baq bas_ bata baty behe beho
        belt beti bhe bhn bij bijl bil bim bima bina bist blet boh bol_ bola boli boln br_ bs_ btad buh buh_ burq bv bv_ chao cher chha
        chhe chho chin chl chla chuk chwa chwe chwn cid cour dab dad dawa dhak dhoo dih diha dil dila dist dla_ doc dou dr ean echl edd
        eel eenc eeni eeq eere eesh ega egi_ ehad eho ehos ehta eid_ ej ej_ eja eki ekin ely emen enge eq era_ ern esi_ etha etht ew_ fak
        fas fees ffee film fon fon_ fone forw fre fs fsar gah_ gaha gai gam geg gega ger ghe ghee gher ghn ghnt ghoo ghot ghr ghum ghus
        ghw ghwa guna guza haar hab_ haiy hans hant hany hap_ hare hass hats hawk hay haye hayo hed hee_ heek hees hejo hela hen_ hez hez_
        hha hhad hhat hhe hho hie hief hilt hiye hkar hl hla_ hne hne_ hnt hnta hnte hoa hoa_ hoha hohr hoka hon hong hoom hr_ hul huo
        huo_ huru hwe hwe_ hwn hwn_ hza hzar ich iche ief ief_ ier ier_ igr ijl ijli ikal ikh ikhu ilaj ilan ilm ilo ilt ina ink insa irc
        irch iri isa_ ishi issi ita_ ithi iyo_ jaen jahe jal_ jali jana jaon jb_ jesi jld jli jli_ jn kaar kamb kark karw katt kay kay_
        keel keh_ kele khal khee khna kitn kka kl kle_ ko_ kon kr kren krl krlo krne krt ksh kti kti_ ku_ kutt kyu lab laj laj_ lara lat_
        lata latk lega legi leki lema len_ leng lg lha li_ lian ller ln lna lna_ lne lne_ lo_ logo lrk lt lte_ lty lty_ lye lye_ lyo_ maa_
        maar mag maga magr mama mana mang maya mbal mbr mbr_ met mg mil mila mile mirc mjhe mme_ mn mok mokl mota mote mzan nage nau nay
        naye ndag nec neen nga_ ngar nge_ ngli ngta nhi nhi_ nhn nho_ nikl nion njo njo_ nmb nmbr nsa_ nta nu_ nya_ oa_ och_ ocop ode_ ogo
        ogya ohn ohr_ okl oks okt okta olna olty ompa onge ooks oop_ osh osha otoc ourt oz_ pag paga pai_ pais pan_ parc pas pdo pdos pese
        pet_ phn phnc pi_ pich pk plis pn pne_ prh pta_ qaid qar qarz qis qist raaz rai_ ramz rban rcha rchi rda_ rece ree reht reng rfiq
        rim_ rkh_ rkha rkhi rlo_ ro_ rokt roll roz_ roza rq rty_ ruk ry_ saab saaf saal sab sage saha sama sap sea sem shab shis shn sht_
        shur sigr sil sila sin_ skar sla sli_ sne sne_ ssag ssan sse_ ssio subu sun taal tad tain tak_ tam tape teh teha tez_ thel tho_
        tht thyo tif tin_ toco tora tr_ trai ttay tya typ type ubai ubal ubu ubuh udhi uka_ ula ulao ulay ulh ulha umme unay unch ungl
        unhi unho uni_ unio unka unko uo uo_ urq ut uth utta wa_ wab wag waqt wel wir yat yat_ yb_ ye_ yeda yeng ype_ yus_ zr_
    """,
    -3: """
        _abh _abu _ada _arh _arr _au _aut _bay _bet _bik _bor _bra _bt _cc _cct _ce _com _cou _daw _dee _dei _dk _dou _dul _dus _ey _eye
        _fia _fk _fkt _gal _gi_ _gro _had _haj _he_ _het _hu _hum _ind _itn _j _ja _jae _jay _kar _kau _kb _keh _ket _ki _kia _ko _krk
        _kur _kut _lac _le _lga _lic _ma_ _mam _me _mil _mis _mob _muc _mur _naa _nab _naw _nee _nok _nuk _off _or _or_ _ora _poh _puc _py
        _pya _ris _rs _rs_ _sab _sch _scr _set _si _skt _ste _ta _taa _tak _tan _tap _tha _tr _tu_ _tui _ty _ult _usn _va _wa _wak _waq
        _wes _wo_ _yah _yaq aab aafi aak_ aane aans aas aayo abr abu add adie adra ae_ af_ afsa afty agah agi_ agw agwa ahi ahn aht ai_
        ain aind ait_ ajr ajr_ akh_ akhi ala_ alak alas alki alt amet amjh amm amu amu_ anat anay andr ange angu ant apa apas aped apro
        apsi aqi_ arai ares arkh arpa arty asin asp ass_ asv asve athi ativ atla atoo atw atwa aut auto awar aya ayo azim bahr baqi bar_
        beec bhi bilk bin blad boo_ bor bt btan cct cctv cen cha cha_ chee chh chon chy com copy ctv ctv_ daba dad_ daur daw de_ deew dega
        dei dein dh dham dhe dier dies din diya do_ doos dosi doub duc duct dulh dus_ dya_ ech eche ecti eeb_ eesr eew eewa egi ehr eke_
        ela ence ene epo eri ero esr esri eta_ ete ete_ ethi exam eya eye ez faf fafa fajr fer fia fia_ fice fkt fktr fsa fty fty_ g_ gaar
        gata gle gon_ gro grou guth gway haht haku halo harh hari harn hasp hato heen hej_ hh hi_ hift hila hirk hiyo ho_ hre ht ht_ hti
        hti_ hty hty_ hukr hum hup hya_ iat iba icen ics ics_ idi ifaf ik_ ikay ikho ikht ikle ilai ilku illa iln ilne ilta ilti ilw ilwa
        inal irk irki ise_ iss_ istr iter itio itni itti ity j_ jae jae_ jane jant jati jay jaye ji ji_ jin_ jr_ jra_ kab_ kah kalw katw
        kau kaya keh kes ketr khb khun kia km km_ ko krdi kre_ kria krk krta krti ksha kshe ktr ktri kurs kut lac_ lade ladi lag lagw lak
        lam lar_ lau laug law ldi ldie lene ler_ let_ lga lifa lin lin_ lk lki lku lkul lo lta lte lu_ lway maaf maal maj mal mamu mar_
        matl maz mee meen ment mi_ miln mis mj mjha mmit mob mpan mra mre mre_ ms_ muc much mur murg naa naak nabi nan natc nde nduc ndy_
        ne_ neda new new_ nge ngut nhj ni_ nika nj nke_ nkha nme nmen nok nokr nor nto nuk o_ off off_ og_ ogay ogi_ ogon oh_ okri okro
        oks_ ol oldi oli olta olte on_ ona ondu oop oosr oper opy opy_ osi_ osr ota_ ote ote_ oubl paan pan pany par pare part pata path
        pesh phoo pis poh pr pron psi_ puc puch puli puri pya qaso qi qi_ ra_ rade rah rak rant rash rch rda rdia ren ren_ rew_ rgh rgha
        rgi rgi_ rh rho rib rka_ rkay rki rkiy rko rmi_ rng ron rosi rpai rr rson rta_ rte rten rti rty ru ruk_ rv rve rwan ry sad saf
        safa samj san_ sast sawa scre se_ seat shaa shay shi shni shuk sind skt skti sl snat sorr sral sto stri susr sv sve sver sy taa
        tan_ tap tara tasv tau te_ tee_ tees teri tez tha thak than thar tho thy_ ti_ tia tice tiy tl tne_ tni tni_ tri ttee tu_ tui tuit
        uble uc uch ucha ucto ud_ udd ui_ uiti uk ukr ukri umat una unhj upa upa_ urgh ursi urt urt_ urte usi usn usne usta utra utti vill
        wab_ wage wai wak wake wal wal_ wapa waps waq warn wate wath wes west wn wo_ woh_ ws_ xam xam_ yah yaha yal yaq zan zan_ zaq_ zat
        zat_ zim zon
    """,
    -2: """
        _aa _ad _al_ _amm _bac _baj _bak _be _bh _bis _bui _cas _cen _ch _cha _chi _cle _da _dh _dho _do_ _ed _edh _fo _g _gir _gul _gut
        _haa _han _haz _he _ho _itw _jai _je _jo _k _ke _ke_ _kea _l _lah _loo _ly _mar _mre _muf _nan _ne_ _p _pan _par _poc _qa _ric
        _sad _sb_ _shi _sip _sir _sn _sna _soc _sor _tas _thi _tho _tm _tm_ _tow _u _udh _up _wan _zon aan aat_ ab_ aba ach ada adm aft
        agh_ ah ahan ahb ahye akh alai ali_ alli alma amn ana ang ankh ao ao_ apr aqi ara_ arki arko arm_ art arta arte asi atta aun awal
        aza aze_ ba_ bac bait baj bak bba_ bc bche bik bj bn bui buil burn cent chil chle chok chr cksh cn comp da_ dada dg dge dge_ dho
        di_ dia dia_ do dosr dus e_ edhi eed eem_ eh ehne ei ek_ ele emb ena enk ess est ew ext fa_ fai fake frid gal gal_ gan_ gar gaya
        ge_ ghan ghte gul gum gum_ gya h_ ha_ hahy hai haj haji ham ham_ hat hau haw_ haz haza he_ henk hers het hil hin ho hop_ hoto hri_
        hter hud_ hur hy hy_ hya hye hye_ i_ ia_ ichl idg idge ies ies_ ikha ima imb inj ipah ipt irs ise itha itne itw itwa iv ive ivic
        iy jai jala jan jm jo junc jy jy_ k_ kab kan_ kap kar kea kela kh khar kho_ kis kul kyun lain lath ler lga_ li lia lig lis lot_
        lyo mad mah mall mam mb mbu mbul me_ mi milt mpla mra_ mt muf nama nana nani nazi ndr nds ndu ndus nes_ nh nkh noth nsa nsti nte
        nter oa oci ode oe offi oham ohat ohnc oka olt olti omp ompl oond orc ord orde orr orry ota oz pa_ pahi par_ pe phe phek phen phot
        pi pla plai poc pohn poor por pre pull pum pump rahi rai ranc ras_ rc rder read ress rh_ rha rhe rhe_ rhi_ ri_ rib_ ridg rka rkar
        rkin rkon rngi rok roz rry_ rt_ rta rter rti_ sari shaw she shed shop show shr sip sipa sir ska_ sli sna soc soci son sor spor
        stad stat stol ta_ tas tati teac ten_ tens tha_ tk ton_ tra_ tta tta_ twa ty ty_ uart uet uil uild ull_ unk urip ury us_ uy va ven
        ver_ vi_ vic_ wali wat way wki_ xt ya_ yun zame
    """,
    -1: """
        _ak _as _bag _bas _ca _chu _cl _d _dar _de _du _el _gar _gay _h _hun _ji _ji_ _ka _kam _khu _law _lo _mas _met _na_ _nav _ni _num
        _peh _plo _pul _q _r _raa _rep _ro _roa _sa _saf _sah _san _saw _sb _sha _shu _so_ _sou _te _tu _un _wat _y _yo _you _zam aam aam_
        ab abad acha adi af ag_ aha ahab ais aka ake ala and anga arka ata ath_ atha ati_ atio aye az_ bad_ ban bar bas bat bh bike bje
        bolt br bu che chi chu cket cti ddar de den eas eb_ edg ee eed_ eg ela_ eri_ ers_ ery ery_ est_ eta ey fo gay ghaz gr gra hai_
        hali haw hb hbo hee hid hina hoo hood howr hta hu hul_ hun_ ia id_ ill_ ira isa iver iwar ja je ka kal_ kam khu ki kle la_ land
        lat lea lony loo m_ mbe mber me metr mil_ mme ms nati nav nct ncti neel ness nger nu num numb oad oad_ odam og oh ony ony_ ood_
        ool oon oot opp or_ ora oti oti_ oto_ ourh owr owra peh pehl plot poli pul pura qa raa raat ral ral_ rd rg_ rhi rhoo rk roa road
        roo rry ruma rw rwa saw sb_ sha_ shu si sn sou sr ss_ sur ta tan tat ters the_ tk_ tur two_ uar uch_ ufa uka uli ult um_ uma umbe
        un_ unct up urg urh urho uri us wa wah war war_ wari waze wra wran ya yar_ ye zama zar zar_ zee zima zo
    """,
    1: """
        _a _aba _ag _al _are _b _ba _bal _baz _br _bro _bu _cho _co _cr _fi _gan _gh _jah _kac _kno _lya _man _meh _n _no _of _pat _pl _ra
        _ras _s _sid _su _tab _tal _we _wha _wi _ye _za aat adi_ ag air air_ aj_ ak all alw alwa amr aq ara arac are_ ary ash ast at ate_
        att az baza ber bha bi bol bou bro bul cas ce ce_ char chec chi_ comm dha dm eam eck eez_ el em er es fu gali gha gu har hase haya
        he hec heck her hot how hr hra hud icat ice_ id ide ift ilk im ing ip ir_ ire ish isha isi ith iz jah kac kach kas kash kat ket
        kha khra khud kn kno ks ky lac lad lane ldia lh lic lice lif lift loc lock lyar man_ meh mer mes mia mu_ mujh na nag ner_ ngi ntr
        oc och ock of ole_ oln omm on ora_ oran ort oun ous ow p_ pat phas plat po qr rab rach re_ rea rid rin rit ro rom rom_ sa sar sba
        sk sko so sout sta th to tol tt tte uj uran urs urse ve w_ wala yon zi
    """,
    2: """
        _abo _af _am_ _an _app _ask _aun _baa _bhu _bo _cal _che _cor _dea _dha _em _ex _fil _fr _fro _gha _gi _hel _hi _hi_ _if _if_ _is
        _jaz _kaa _kal _kat _kep _kn _kor _kya _lat _mak _mia _muj _mus _nay _nex _nis _no_ _o _ok_ _onl _pah _ph _pho _pic _pla _ran _re
        _reg _ret _sen _she _sin _som _sp _swe _to _to_ _tod _whi _wom _wr aan_ abz ac acc agai ahad ahar aid_ akr ali alik all_ and_ angi
        any ape api aray arde ards ark_ arra ati aunt aw ay ayu baa bail bakr baz bb be bed bed_ bhab bhai bhu bhut bib boy_ brid bus_ ca
        cal card cc chai chap chit chor ck cks cle con cous ct dar_ dea ding dis dl ds ds_ dur duty ea eat_ ed ed_ edab ee_ eep_ ef ema
        enc ens eph ere ere_ es_ ever ex f_ fais fil fin fr fro gen ghar ght_ gl gun_ hada hair har_ hara has hel hes hi hing hir his hish
        hli hli_ hn hone hot_ hous howk hro hut ic ice ie ig ike ike_ il il_ ile ile_ ili ime_ in ing_ inu inut io_ ir is isal it it_ ite_
        iya jam jaz kal kara ke_ ked_ kee ken kep khsa khw khwa kin kor kp kri kya kya_ le_ line lli llo lls lls_ lu lw lwa maan mak mask
        may minu mor mpu muj mus mzam n_ nala nc nce nch_ nd nd_ ndhi ne nex next ng_ nia nis nish nk_ nl nn now ns_ nse nsio nt nt_ nth_
        nty nty_ nut ob oct oday ola_ old old_ oli_ olo om_ oman ong onl ons ont ooc ooch oor oor_ ori_ orr_ ot oth oul ound out ov ove
        owk owki paha park per petr ph pho phon pic pir qas que ra rato ray rde rden red_ ri rol_ rs_ rukh rya sal sale saz saz_ scho sea_
        sen set_ shut si_ sia sia_ sign sis sk_ skan ske sko_ som some son_ ss ssi ste ster stop sub_ swe tab tal_ tate tch_ tea ted tee
        ter time to_ tod toda top_ tra trat trol tti_ uba ue ug ujh ukhs ul_ umay unty upp ura_ use use_ uth_ uty uty_ very vi vo was wed
        wher wil wki wo wom woma x_ yaba yar yari yes yone yt zai
    """,
    3: """
        _age _air _alo _ang _ans _at _ayo _bel _buy _by _c_ _cri _dis _don _dut _e _ea _eat _flo _gav _giv _has _hom _hot _hus _i _jam
        _job _ju _kee _khi _kid _kin _kl _mes _mov _nev _not _now _out _pip _poo _put _rel _rid _rob _roo _rop _rou _sai _sho _sma _sol
        _sti _tea _tel _ten _tic _tol _twi _w _was _wer _wid _wif _wo _wro _z _zai _zi aad aad_ aari aath aaz aban abzi ace ad ad_ adar
        ado ady aga_ ail ail_ aj aja akro akt alk alu am amer amj anar anaz anja answ appe aqa arad arl arlo art_ ary_ ase_ ashr asj asji
        asr asti atc atch ate ater atte atti aug awa ayer bald ban_ bank base bber behi bhat bhen bo brot buy by car cd cd_ cer_ chan chen
        cks_ co cont d_ dag dar day day_ ded dha_ dhan didn dly dly_ dnt dnt_ don dra_ dri dut ead eat een eeps ehin eir eir_ em_ eme end
        enti ents eo eon erge erh far file flo fore four frie gav gave get_ ghed giv give gn gned gon gw gwa haat haga haha haka hapa harp
        hei heir help hens hind hit hna hna_ hni hok hokh hokr hole hom home hoot hou hro_ hung husb ib ick_ idnt ids ids_ ie_ iend ife_
        igne ime in_ indl ine_ ingi ints ione ip_ ira_ irl_ irls is_ isk isko iste isto itch ith_ jab job job_ ju kaa kati ked ken_ kets
        kids king kitc kot kra kra_ lage lap lete lica lik like lio ll_ lli_ lood lue lue_ mai maid make mart mes_ mess mia_ mian mill
        mob_ mont moo mood mov murr nab naya nce_ ncl ncle ndar ndly ndy nesa nev neve nged ngu nit nker nki nki_ now_ nso nst_ nsw nswe
        numa obb obbe octo oes oes_ ok okin olan olo_ olv olve oner onta onth oo oof oof_ ooki oppe ord_ orro ory ost ould our outh oved
        ow_ pai pal pape payi pen per_ pet pip play ple_ pli plic pole pooc pp ppl pray pri ps put qat qu rac rada rae rag rah_ raj raji
        rak_ rama rass raye rega ret rg ride rien rim rist rl_ rls rls_ rm rne robb rope rot roth row rrow rs rse_ rsi rsta rwar sabz sadi
        sai sakt sarh says sb sban sc sco see_ sho sho_ shou sid sitt sj sji sn_ sold solv stil sund swam swer t_ tal tera thad thei tie
        tol_ took ts_ tter twi twic tyr ue_ ughe umar uncl unda usa usar usb usba uy_ vil wah_ weet who_ wice wid wid_ wif wife yer ypa yr
        yth ythi
    """,
    4: """
        _adv _ago _ali _ano _as_ _aw _awa _be_ _boy _bre _bri _buk _con _cry _cu _cut _dam _end _ent _ev _eve _exc _gla _gon _gre _him
        _his _hit _how _jhe _kai _ku _lad _lan _lif _liv _mai _men _moo _nam _nat _nep _o_ _on _op _ope _pet _pou _pri _red _res _sak _sca
        _sco _spe _suc _tes _vac _ve _veh _wed _wit _yu aala abid ack act ade_ adv afar ago ago_ ah_ ahib ahw ahwa ains airs akal aki_
        akta alee alon amar ame amra anke ann anot ansa anyo apal aper arhe arks arp arry ars ask aski atak augh ays azee baad bask bhee
        bid ble bloo boy boys bre brea bri buk cap_ care cati cema chn chna cis cise coac coot cor corn cri crim cry cs ct_ cut cy_ dat
        date ddi dhor dig_ dne dra dv eati ec een_ eep eepi ehi ehic els ency ent ent_ ephe epin erhi eryt esi esp ets ets_ ev exc exci
        fee foll food forg fte fted genc girl glas go_ gone hakr halw hana hati heed hew hew_ hib hich him hink hird hka hose hrew hut_
        ich_ ick iday idn ifte ign ikri ilat illi indh indo ink_ iqu ird_ ire_ irs_ ist itin jhee kaan kall ker_ key_ khay kid ks_ kta
        kta_ kyo ld ld_ leep leg_ let lf_ lid lite liv live ll llin loa loan look lt_ lved marc meet mehn min_ mine ming mist mone morr
        moth nam name nath ncy ncy_ ndl nep neph ngho ngl not_ np nted ntee nti_ ntra nute nve nyo nyon oan ob_ ochn ok_ ola ollo omer
        omes oney ook_ ope oraj ori orne os ose_ ost_ ot_ ours ousa owa owar oys oys_ pee pen_ phew plas pon poo pot ppe reek resp riga
        rime ring rip rks rks_ rner rote rth rus ryi ryin ryt ryth s_ sack sahi sak say say_ sca scar scoo sda sday sel sket skin slap
        slee smal sol ssi_ staf stai suc such tac tair tall tant tc tch ter_ ther thir thou till tin tnes tome topp towa ttin uct uff ugh
        ught ujr unt urda ut_ vac veh vehi wad walk we_ went were whi whic whos win wit wrot xa xc xci xcis y_ yer_ yes_ ys zart
    """,
    5: """
        _arm _ble _but _cre _dau _day _deh _dep _der _did _dra _fee _for _go_ _hav _is_ _it_ _jus _kne _lau _lef _n_ _of_ _pm _pm_ _pre
        _rin _sle _tie _til _tri _u_ _ur_ _vil _whe _who _yr_ abou ack_ aco ady_ aff aff_ ags ags_ ahal aka_ aken akes akin alls alt_ anak
        angr anki asi_ assi ates atie ays_ bai bast blem bod body bout box_ brin but but_ c_ cel cem cle_ clos cree cu cy days dda_ dead
        ded_ deh dep des did dlo dp dri_ dug eave econ eera eft eft_ egal ell empt ept eve ewa_ eys feet fire for get gge hang hatt have
        hem_ here hib_ hile his_ hk hook hori ial ib_ ica icer ied ied_ ient ika_ ings ins_ ivin jami jus just keep kept khad kham khan
        khok knee kol kw lady lal late leav lee lef left lem_ lika ling lose ltan lve mai_ marr meda mmat move mpa_ mpt nant ndow neck
        nery ngs ngs_ nja njab nth nths nts nts_ obl oble ocke odg ody ody_ of_ okan oke_ ome ome_ ones ope_ open ose otal oug ough outs
        ox_ oy_ past pati pea peak ped_ pee_ pie pm_ pour pped pree prob psi reat rge rida ried rip_ rite rm_ rob robl roof roug same seco
        sed sed_ ser_ shti sist sits sle spe spea ssed ssis taff tank tche tea_ teen tes_ test them this ths ths_ tien til tsi tsid uda
        uda_ uld und usan uts uts_ utsi ve_ ves_ vin ving was_ whe whil who wind wis yr_
    """,
    6: """
        _acr _aft _als _an_ _aro _bai _by_ _dat _dig _dro _ear _fin _get _goe _goi _i_ _in _my _my_ _nit _ou _raf _ren _say _sel _smi _tay
        _tro _ver _wil _wri abul achh acr acro afe_ ahri also arou av_ ave_ back bles bul_ cash ched cloc dan_ deri dig don_ dont dro ead_
        eav ells enan enin eon_ ep_ ept_ esti fe_ firs fter gain ged ged_ goe goes goi goin hav hav_ heel hic hows huda ian icem ilin imar
        irst ives key last led_ leh lled lone lso lso_ mba mew mout my nite nows oing olim os_ ove_ owne pal_ ped peon pick rehr rmin rst_
        rui ryan sell she_ sked taf tai_ tena that thin tly tly_ ub_ ves wee week when will wne wner wri writ ys_
    """,
    7: """
        _anc _any _blu _eac _fan _fol _gri _her _loc _mee _mon _oth _our _ow _own _pay _tur _wee _wh _win alk_ als ame_ aske atin away
        ayin bang blu blue brok by_ can_ cham come dmit ered even fol got_ hal_ haro ien inc itc its its_ ize kind lda long los lv mani
        my_ need ngal nice ohal our_ paid pak_ pees rned roke rst tell teps tes try try_ turn ug_ upee urn_ ven_ watc zal
    """,
    8: """
        _frm _kh_ _s_ _we_ _wor aadi ask_ badi ede ends eps eps_ fari foun frm frm_ hey hey_ ikes june nly nly_ only ont_ put_ rop said
        sit_ they told wani wh yin your
    """,
    9: """
        _fed _key came ell_ fine from hout ince lowe men_ ndin onk sinc take ted_ want ying
    """,
    10: """
        _r_ insi nsid send with
    """,
    11: """
        _a_ fath made ting
    """,
    12: """
        _on_ for_
    """,
    13: """
        _at_ then
    """,
    17: """
        _in_
    """,
}

WEIGHTS = {group: weight for weight, groups in _GROUPS.items() for group in groups.split()}
